// form[data-warn] asks before it is thrown away with changes in it (submit.js marks data-changed).

const UNSAVED = "form[data-warn][data-changed]";

const mayDiscard = () => window.confirm("Discard your changes?");

document.addEventListener("dialog:leave", (event) => {
  if (event.defaultPrevented || !event.target.querySelector(UNSAVED) || mayDiscard()) return;
  event.preventDefault();
});

// A link in a form, such as the one to an import, leads away from what was typed there.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.elt.closest(`${UNSAVED} a`) || mayDiscard()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
});
