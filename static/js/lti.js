// Pages within a platform's frame: send what was chosen, ask for cookies, say that we are done.

class LtiStorage extends HTMLElement {
  connectedCallback() {
    if (window.top === window || !document.requestStorageAccess) return;
    this.hidden = false;
    this.addEventListener("click", async () => {
      try {
        await document.requestStorageAccess();
        window.location.assign(this.getAttribute("href"));
      } catch {
        this.hidden = true; // the browser will not: the new window beside it does without
      }
    });
  }
}
customElements.define("lti-storage", LtiStorage);

document.querySelector("form[data-lti-send]")?.requestSubmit();
if (document.querySelector("[data-lti-close]")) {
  (window.opener ?? window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
}
