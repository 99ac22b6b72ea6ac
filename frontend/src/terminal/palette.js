// The colours of the terminal, read from the page's tokens (static/css/terminal.css), as the numbers that xterm wants.

const NAMES = {
  background: "bg", foreground: "ink", cursor: "cursor", cursorAccent: "bg",
  selectionBackground: "selection", selectionInactiveBackground: "selection",
  scrollbarSliderBackground: "slider", scrollbarSliderHoverBackground: "slider-hover", scrollbarSliderActiveBackground: "slider-hover", overviewRulerBorder: "bg",
  black: "black", red: "red", green: "green", yellow: "yellow", blue: "blue", magenta: "magenta", cyan: "cyan", white: "white",
  brightBlack: "dim", brightRed: "red", brightGreen: "green", brightYellow: "yellow", brightBlue: "blue", brightMagenta: "magenta", brightCyan: "cyan", brightWhite: "ink",
}; // prettier-ignore

/** Return xterm's theme for the page's, as it is now. */
export function themeOf(element) {
  const probe = document.createElement("i");
  probe.hidden = true;
  element.append(probe);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const theme = {};
  for (const [name, token] of Object.entries(NAMES)) {
    probe.style.setProperty("color", `var(--term-${token})`);
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = getComputedStyle(probe).color;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    theme[name] = `#${[red, green, blue, ...(alpha < 255 ? [alpha] : [])].map((one) => one.toString(16).padStart(2, "0")).join("")}`;
  }
  probe.remove();
  return theme;
}

/** Call back whenever the page's theme changes, or the system's where the page follows it. */
export function onTheme(call) {
  new MutationObserver(call).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", call);
}

export function wantsContrast() {
  return document.documentElement.dataset.theme === "contrast" || matchMedia("(forced-colors: active)").matches;
}
