// The consent page after its answer. The astro CLI has it by then, and would send the browser on to a page of its
// maker. Chromium follows no form so far, keeps this page and reports that: so it says what there is left to do.
document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
  if (effectiveDirective !== "form-action") return;
  document.querySelector("[data-question]").hidden = true;
  document.querySelector("[data-answered]").hidden = false;
});
