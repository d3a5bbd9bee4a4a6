// What the console does in the browser. Every page works without it, but for charts.
"use strict";
(() => {
  // A choice that is its own form is sent at once.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.submit();
  });
  // A message goes by itself, unless it is a warning: that one is read first.
  for (const one of document.querySelectorAll(".alert-success[data-toast]")) {
    setTimeout(() => one.remove(), 12000);
  }
  // A refused form: the first fault gets the cursor. A preview is brought into sight.
  const fault = document.querySelector("form .is-invalid");
  if (fault) fault.focus();
  else document.getElementById("preview")?.scrollIntoView({ block: "start" });
})();
