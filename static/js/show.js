// [data-show="#id"] shows what stands behind dots and hides it again: a password field, or [data-concealed].

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show]");
  if (!button) return;
  const target = document.querySelector(button.dataset.show);
  const isShown = button.getAttribute("aria-pressed") !== "true";
  if (target instanceof HTMLInputElement) target.type = isShown ? "text" : "password";
  else target.toggleAttribute("data-concealed", !isShown);
  button.setAttribute("aria-pressed", String(isShown));
});
