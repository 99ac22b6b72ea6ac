// Moments of a page in the reader's own time zone: <time datetime="…" data-local="time | date | both | seconds">.

const DAY = { day: "numeric", month: "long", year: "numeric" };
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const HOW = { time: MINUTE, date: DAY, both: { ...DAY, ...MINUTE }, seconds: { ...DAY, ...MINUTE, second: "2-digit" } };

for (const node of document.querySelectorAll("time[data-local]")) {
  const told = new Intl.DateTimeFormat("en-GB", HOW[node.dataset.local]);
  node.textContent = told.format(new Date(node.dateTime));
}
