// form[data-upload] shows how far its file has come while htmx sends it, and can be cancelled as long as it has not
// arrived: by [data-abort], which keeps the form as it is, and by leaving the dialog. Without scripts the browser does it.

const MIB = 1024 * 1024;
const UPLOAD = "form[data-upload]";

const part = (form, name) => form.querySelector(`[data-upload-${name}]`);
const inMib = (bytes) => (bytes / MIB).toFixed(1);

const show = (form, { phase, figures = "", value = null }) => {
  const bar = part(form, "bar");
  // Said by screen readers, so only when it changes.
  if (part(form, "phase").textContent !== phase) part(form, "phase").textContent = phase;
  part(form, "figures").textContent = figures;
  if (value === null) bar.removeAttribute("value");
  else bar.value = value;
};

const on = (event, act) => document.addEventListener(event, ({ target, detail }) => {
  if (target.matches?.(UPLOAD)) act(target, detail);
});

on("htmx:beforeRequest", (form) => {
  delete form.dataset.sent;
  show(form, { phase: "Uploading", value: 0 });
});

// It also tells how the answer arrives, long after the file was sent.
on("htmx:xhr:progress", (form, { lengthComputable, loaded, total }) => {
  if ("sent" in form.dataset || !lengthComputable) return;
  if (loaded < total) {
    show(form, { phase: "Uploading", figures: `${inMib(loaded)} of ${inMib(total)} MiB`, value: loaded / total });
  } else {
    form.dataset.sent = "";
    show(form, { phase: "Unpacking" });
  }
});

on("htmx:sendAbort", (form) => show(form, { phase: "The upload was cancelled. Nothing was deployed." }));

// What has arrived whole is deployed, whoever waits for the answer.
const abort = (form) => {
  if (!form || "sent" in form.dataset) return;
  form.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: { elt: form } }));
};

document.addEventListener("click", ({ target }) => abort(target.closest("[data-abort]")?.closest(UPLOAD)));
document.addEventListener("dialog:leave", ({ target }) => abort(target.querySelector(`${UPLOAD}[data-busy]`)));
