// Moments of a page in the reader's own time zone: <time datetime="…" data-local="time | date | both | seconds">. The server
// has written them in it already where it knows it: of the settings (data-zone), or of what this browser said before.

const timeZone = document.documentElement.dataset.zone || undefined;
const DAY = { day: "numeric", month: "long", year: "numeric", timeZone };
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short", timeZone };
const HOW = { time: MINUTE, date: DAY, both: { ...DAY, ...MINUTE }, seconds: { ...DAY, ...MINUTE, second: "2-digit" } };

for (const node of document.querySelectorAll("time[data-local]")) {
  const told = new Intl.DateTimeFormat("en-GB", HOW[node.dataset.local]);
  node.textContent = told.format(new Date(node.dateTime));
}
