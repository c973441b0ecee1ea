// On a narrow screen the open tab is brought into sight, on arrival and when the tabs came anew.

const show = () => {
  const tabs = document.querySelector(".tabs");
  const tab = tabs?.querySelector("[aria-current]");
  if (!tab) return;
  const [outer, inner] = [tabs.getBoundingClientRect(), tab.getBoundingClientRect()];
  tabs.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
};

show();
document.addEventListener("htmx:afterSettle", show);
