// Chromium follows the form to the astro CLI and no further: this page stays.
document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
  if (effectiveDirective !== "form-action") return;
  document.querySelector("form").parentElement.hidden = true;
  document.querySelector("[data-answered]").hidden = false;
});
