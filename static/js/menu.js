// details[data-menu] behaves as a menu: it closes on a choice, a click elsewhere, Escape, or when focus leaves.

const close = (menu) => { menu.open = false; };
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", ({ target }) => {
  for (const menu of openMenus()) {
    if (!menu.contains(target)) close(menu);
    else if (target.closest("a.menu__item")) {
      close(menu);
      menu.querySelector("summary").focus(); // so that a dialog opened by the choice knows where to return
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    close(menu);
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("focusin", ({ target }) => {
  for (const menu of openMenus()) if (!menu.contains(target) && !target.contains(menu)) close(menu);
});
