// Where the focus goes after a list was replaced because of a change: to the id that the event gave as its
// detail.focus, else to what opened the dialog or now stands for it, else to the list's heading.
// Which events mean a change is said by hx-trigger in the pages and by HX-Trigger in the answers, not here.

const dialog = document.getElementById("dialog");
const reveal = document.getElementById("reveal");
const refreshing = new Set(); // what asks for itself anew, after which the focus is placed
let opener = null; // what opened the dialog: its list may since have been replaced
let namedId = ""; // what the server wants focused once it is there
let isReplacingFocus = false; // whether what is being replaced holds the focus

document.addEventListener("htmx:beforeRequest", ({ detail: { elt, target } }) => {
  if (target === dialog && !dialog.open) opener = { id: elt.id, href: elt.getAttribute("href") };
});

document.addEventListener("htmx:beforeSend", ({ detail: { requestConfig: { elt, triggeringEvent } } }) => {
  if (triggeringEvent?.isTrusted !== false) return; // a person or a clock, not an answer that told of a change
  refreshing.add(elt);
  namedId = triggeringEvent.detail?.focus ?? namedId;
});

const successor = () => opener && ((opener.id && document.getElementById(opener.id))
  || (opener.href && document.querySelector(`a[href="${CSS.escape(opener.href)}"]:not(.menu__item)`)));

const resume = (list) => {
  const held = document.activeElement;
  // What had the focus in a dialog that was just closed keeps it until the next frame.
  if (held !== document.body && !held.closest("dialog:not([open])")) return;
  const heading = list.querySelector("h1, h2");
  heading?.setAttribute("tabindex", "-1");
  const place = successor() || heading;
  if (!place) return;
  place.focus();
  opener = null;
};

dialog.addEventListener("close", () => {
  if (opener && !reveal.open && refreshing.size === 0) resume(document.getElementById("main"));
});

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  isReplacingFocus = target.contains(document.activeElement);
});

document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (dialog.open || reveal.open || target.closest("#toasts, dialog")) return;
  refreshing.delete(detail.requestConfig?.elt);
  const named = namedId && document.getElementById(namedId);
  const mayYetCome = namedId && refreshing.size > 0;
  if (named) named.focus();
  else if (!mayYetCome && (opener || isReplacingFocus) && target.isConnected) resume(target);
  if (named || !mayYetCome) namedId = ""; // a row that comes up later is not the one that was just saved
});

// Also where the answer was an error, and nothing was replaced.
document.addEventListener("htmx:afterRequest", ({ detail }) => refreshing.delete(detail.requestConfig?.elt));
