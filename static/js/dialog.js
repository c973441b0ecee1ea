// What lands in #dialog or #reveal is shown; what is closed is emptied.
// [data-close-dialog] closes the dialog it stands in; on a page it stays the link that it is.
// A person who wants to leave is heard as "dialog:leave", which reveal.js and unsaved.js may refuse; an answer
// that ends the matter says "dialog:close". Both leave a word in returnValue: a dialog without one was forced.

const dialog = document.getElementById("dialog");
const FIELD = "form :is(input:not([type=hidden]), select, textarea)";

const isDialog = (element) => element instanceof HTMLDialogElement;

// On a page of its own a dialog's content is that page: its links lead on, its forms are sent as they are.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = event.detail;
  if (!isDialog(target) || elt.closest("dialog") || !elt.closest(".sheet")) return;
  event.preventDefault();
  if (elt instanceof HTMLFormElement) elt.submit();
  else window.location.assign(elt.href);
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (!isDialog(target) || target.childElementCount === 0) return;
  if (!target.open) {
    dialog.close(); // the reveal takes the place of the form that led to it
    target.returnValue = "";
    target.showModal();
  }
  (target.querySelector("[aria-invalid=true]") ?? target.querySelector("[autofocus]") ?? target.querySelector(FIELD))?.focus();
});

document.addEventListener("dialog:close", ({ target }) => (target.closest?.("dialog") ?? dialog).close("done"));

const leave = (open) => {
  if (open.dispatchEvent(new Event("dialog:leave", { bubbles: true, cancelable: true }))) open.close("left");
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

// Escape; a file that was not chosen is heard here, too.
dialog.addEventListener("cancel", (event) => {
  if (event.target !== dialog) return;
  event.preventDefault();
  leave(dialog);
});

dialog.addEventListener("close", () => dialog.replaceChildren());
