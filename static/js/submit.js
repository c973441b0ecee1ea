// A form's button sleeps until the form can succeed, and while its answer is on the way.
// input[data-expects="Delete"]: until exactly that word is typed; the server decides all the same. form[data-miscased]
// says so where only the case is another.
// form[data-required]: until every required field is filled. form[data-dirty]: until something changed.
// form[data-unsaved] came back with what was typed: it counts as changed from the start.

const WATCHED = "form:is([data-required], [data-dirty], :has([data-expects]))";

const isChanged = (field) => {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected)
    && [...field.options].some((option) => option.defaultSelected || option.index > 0 && option.selected);
  return field.type !== "hidden" && field.defaultValue !== undefined && field.value !== field.defaultValue;
};

const mayBeSent = (form) => {
  const fields = [...form.elements].filter((element) => element.name);
  const word = form.querySelector("[data-expects]")?.dataset.expects;
  if (word !== undefined && !fields.some((field) => field.type !== "hidden" && field.value.trim() === word)) return false;
  if ("required" in form.dataset && fields.some((field) => field.required && !field.value.trim())) return false;
  // A form that came back with errors holds what was typed: it differs from what is stored.
  return !("dirty" in form.dataset) || "changed" in form.dataset || form.querySelector("[aria-invalid=true]") !== null;
};

const isMiscased = ({ value, dataset: { expects } }) => value.trim() !== expects
  && value.trim().toLowerCase() === expects.toLowerCase();

const refresh = (form) => {
  form.toggleAttribute("data-miscased", [...form.querySelectorAll("[data-expects]")].some(isMiscased));
  form.toggleAttribute("data-changed", "unsaved" in form.dataset || [...form.elements].some(isChanged));
  const sleeps = "busy" in form.dataset || (form.matches(WATCHED) && !mayBeSent(form));
  for (const element of form.elements) if (element.type === "submit") element.disabled = sleeps;
};

const refreshAll = () => document.querySelectorAll(`${WATCHED}, form[data-warn]`).forEach(refresh);

const setBusy = (form, isBusy) => {
  if (form?.method !== "post") return;
  form.toggleAttribute("data-busy", isBusy);
  refresh(form);
};

document.addEventListener("input", ({ target: { form } }) => {
  if (form?.matches(`${WATCHED}, form[data-warn]`)) refresh(form);
});
document.addEventListener("reset", ({ target }) => setTimeout(refresh, 0, target));
document.addEventListener("htmx:beforeRequest", ({ target }) => setBusy(target, true));
document.addEventListener("htmx:afterRequest", ({ target }) => setBusy(target, false));
document.addEventListener("htmx:afterSettle", refreshAll);
document.addEventListener("submit", (event) => {
  // Later, because a button that is disabled now would not be part of what is sent.
  if (!event.defaultPrevented) setTimeout(setBusy, 0, event.target, true);
});
window.addEventListener("pageshow", refreshAll);
