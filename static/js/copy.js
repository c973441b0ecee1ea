// A button takes a text to the clipboard: [data-copy="#id"] what an element shows, [data-copy-text] its value.
// It says "Copied" only when that is true; where the clipboard is closed (plain HTTP, no permission) the
// text is left selected and the person is told which keys to press.

const SHORTCUT = /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘C" : "Ctrl+C";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-text]");
  if (!button) return;
  const shown = button.dataset.copy ? document.querySelector(button.dataset.copy) : button.closest(".chip")?.querySelector("code");
  const isCopied = await write(button.dataset.copyText ?? shown.textContent) || select(shown);
  button.toggleAttribute("data-copied", isCopied);
  tell(button, isCopied ? "Copied" : `Press ${SHORTCUT} to copy`, isCopied);
});

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function select(element) {
  if (!element) return false;
  const isConcealed = element.hasAttribute("data-concealed");
  element.removeAttribute("data-concealed"); // dots would be copied as dots
  getSelection().selectAllChildren(element);
  const isCopied = document.execCommand("copy");
  if (isCopied) {
    getSelection().removeAllRanges();
    element.toggleAttribute("data-concealed", isConcealed);
  } else {
    document.querySelector(`[data-show="#${element.id}"]`)?.setAttribute("aria-pressed", "true");
  }
  return isCopied;
}

function tell(button, text, isQuiet) {
  button.parentElement.querySelector(":scope > .copy__note")?.remove();
  const note = document.createElement("span");
  note.className = isQuiet ? "copy__note visually-hidden" : "copy__note";
  note.setAttribute("role", "status");
  button.after(note);
  setTimeout(() => { note.textContent = text; }, 50); // a live region must exist before it speaks
  setTimeout(() => {
    note.remove();
    button.removeAttribute("data-copied");
  }, isQuiet ? 2500 : 8000);
}
