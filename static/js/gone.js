// What a dialog was about is gone: so is its row in the list behind it, which hears "page:stale".

const dialog = document.getElementById("dialog");
const reveal = document.getElementById("reveal");

document.addEventListener("htmx:responseError", ({ detail: { target, xhr } }) => {
  const isGone = xhr.status === 404;
  // There is nothing left to confirm, or no right to.
  const isOver = reveal.contains(target) && (isGone || (xhr.status === 403 && target === reveal));
  if (isOver) reveal.close("gone");
  if (isOver || (isGone && target === dialog)) document.body.dispatchEvent(new Event("page:stale"));
});
