// Whatever lands in #dialog or #reveal is shown; whatever is closed is forgotten.
// [data-close-dialog] closes the dialog it stands in; on a page it stays the link that it is.
// form[data-warn] asks before it is thrown away with changes in it (submit.js marks data-changed).
// #reveal holds a secret that is shown once: while it contains a form, only that form's answer closes it.

const dialog = document.getElementById("dialog");
const reveal = document.getElementById("reveal");
let answered = false; // whether the reveal may go
let opener = null; // what opened the dialog: its list may since have been replaced
let wanted = ""; // the id that the server wants focused once it is there
const awaited = new Set(); // what is about to be replaced because of a change, after which the focus is placed
let isReplacingFocus = false; // whether what is being replaced holds the focus

const isHeld = () => reveal.open && !answered && reveal.querySelector("form") !== null;

const mayDiscard = (unsaved) => unsaved === null || window.confirm("Discard your changes?");

// Opening

// A link in a form, such as the one to an import, leads away from what was typed there.
document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.detail.elt.closest("form[data-warn][data-changed] a");
  if (!link || mayDiscard(link)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === dialog && !dialog.open) opener = { id: detail.elt.id, href: detail.elt.getAttribute("href") };
});

// On a page of its own a dialog's content is that page: its links lead on, its forms are sent as they are.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if ((target !== dialog && target !== reveal) || elt.closest("dialog") || !elt.closest(".sheet")) return;
  event.preventDefault();
  if (elt instanceof HTMLFormElement) elt.submit();
  else window.location.assign(elt.href);
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if ((target !== dialog && target !== reveal) || target.childElementCount === 0) return;
  if (target === reveal && !reveal.open) {
    answered = false;
    dialog.close();
  }
  if (!target.open) target.showModal();
  const field = "form :is(input:not([type=hidden]), select, textarea)";
  (target.querySelector("[aria-invalid=true]") ?? target.querySelector("[autofocus]") ?? target.querySelector(field))?.focus();
});

// Closing

document.addEventListener("dialog:close", (event) => {
  const asked = event.target.closest?.("dialog") ?? dialog;
  if (asked === reveal) answered = true;
  asked.close();
});

const leave = (open) => {
  if (open === reveal && isHeld()) return;
  if (!mayDiscard(open.querySelector("form[data-warn][data-changed]"))) return;
  if (open === reveal) answered = true;
  open.close();
};

document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-close-dialog]")?.closest("dialog");
  if (!open) return;
  event.preventDefault();
  leave(open);
});

// A click on the backdrop arrives at the dialog itself; one that began inside is a selection that slipped.
let pressed = null;
dialog.addEventListener("pointerdown", (event) => { pressed = event.target; });
dialog.addEventListener("click", (event) => {
  if (event.target === dialog && pressed === dialog) leave(dialog);
});

dialog.addEventListener("cancel", (event) => {
  if (event.target !== dialog) return;
  event.preventDefault();
  leave(dialog);
});

// Browsers without closedby: refuse Escape, and open again if it got through (a second one may).
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isHeld()) event.preventDefault();
}, { capture: true });
reveal.addEventListener("cancel", (event) => event.preventDefault());

dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  if (opener && !reveal.open && awaited.size === 0) resume(document.getElementById("main"));
});
reveal.addEventListener("close", () => {
  if (answered) reveal.replaceChildren();
  else if (reveal.childElementCount > 0) reveal.showModal();
});

// Leaving the page: a secret must not come back with it (product threats T-R2, T-R7).

window.addEventListener("beforeunload", (event) => {
  if (isHeld()) event.preventDefault();
});

window.addEventListener("pagehide", () => {
  answered = true;
  for (const element of document.querySelectorAll("[data-secret]")) element.textContent = "";
  for (const element of [dialog, reveal]) element.replaceChildren();
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

// What a dialog was about is gone: so is its row in the list behind it.

document.addEventListener("htmx:responseError", ({ detail: { target, xhr } }) => {
  const isGone = xhr.status === 404;
  if (reveal.contains(target) && (isGone || (xhr.status === 403 && target === reveal))) {
    answered = true; // there is nothing left to confirm, or no right to
    reveal.close();
    document.body.dispatchEvent(new Event("page:stale"));
  }
  if (target === dialog && isGone) document.body.dispatchEvent(new Event("page:stale"));
});

// Focus after a list was replaced: what the server named, else the opener's successor, else the list's heading.

for (const name of ["dialog:close", "apikeys:changed", "deployments:changed", "workspaces:changed"]) {
  document.addEventListener(name, ({ detail }) => {
    wanted = detail?.focus ?? wanted;
    if (name === "dialog:close") return;
    for (const element of document.querySelectorAll(`[hx-trigger*="${name}"]`)) awaited.add(element);
  });
}

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

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  isReplacingFocus = target.contains(document.activeElement);
});

document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (dialog.open || reveal.open || target.closest("#toasts, dialog")) return;
  awaited.delete(detail.requestConfig?.elt);
  const named = wanted && document.getElementById(wanted);
  const mayYetCome = wanted && awaited.size > 0;
  if (named) named.focus();
  else if (!mayYetCome && (opener || isReplacingFocus) && target.isConnected) resume(target);
  if (named || !mayYetCome) wanted = ""; // a row that comes up later is not the one that was just saved
});

// Also where the answer was an error, and nothing was replaced.
document.addEventListener("htmx:afterRequest", ({ detail }) => awaited.delete(detail.requestConfig?.elt));
