// Messages leave (dismissed, or good news after a while), and a request that failed becomes one.
// The text is what the server gave as its reason, never markup.

const WITHOUT_REASON = "Something went wrong. Reload the page and try again.";

document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast")?.remove());
document.addEventListener("animationend", ({ animationName, target }) => {
  if (animationName === "leave") target.remove();
});

document.addEventListener("htmx:responseError", ({ detail }) => fail(reasonOf(detail.xhr) || WITHOUT_REASON));
document.addEventListener("htmx:sendError", () => fail("Cloud UI could not be reached. Check your connection and try again."));

function reasonOf(answer) {
  if (!answer.getResponseHeader("Content-Type")?.startsWith("text/html")) return answer.responseText.slice(0, 300);
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  const reason = page.querySelector("[data-reason]") ?? (page.body.childElementCount === 0 ? page.body : null);
  return reason?.textContent.trim().slice(0, 300);
}

function fail(reason) {
  const toast = document.getElementById("error-toast").content.firstElementChild.cloneNode(true);
  toast.querySelector(".toast__text").append(reason);
  // While a dialog is open everything outside it is out of reach, so the message goes inside.
  const dialog = document.querySelector("dialog:modal");
  const place = dialog ?? document.getElementById("toasts");
  place.querySelectorAll(":scope > .toast--error").forEach((earlier) => earlier.remove());
  const header = dialog?.querySelector(":scope > .dialog__header");
  if (header) header.after(toast);
  else place.prepend(toast);
  dialog?.scrollTo(0, 0);
}
