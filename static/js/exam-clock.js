// The server's clock, as this page knows it. Only differences of performance.now() are used: what this machine's clock
// says, and whoever sets it in the middle of an exam, does not matter.

const DRIFT = 0.0002; // a bad quartz: 200 µs a second
const JUMP = 2000;

export class ServerClock {
  // `now`: the server's milliseconds since 1970 when it made this page.
  constructor(now) {
    this.doubt = Infinity;
    this.wall = Date.now() - performance.now();
    const [page] = performance.getEntriesByType("navigation");
    const until = page?.responseStart || performance.now();
    this.sync(now, page?.requestStart ?? 0, until);
  }

  now() {
    return this.ahead + performance.now();
  }

  // A call was sent at `asked`, answered at `answered` (performance.now()), and the server said `server` in between:
  // the middle is right within half the way. A better reading is kept, but its doubt grows with its age.
  sync(server, asked, answered) {
    const doubt = (answered - asked) / 2;
    if (doubt > this.doubt + (answered - this.at) * DRIFT) return;
    this.ahead = server - (asked + answered) / 2;
    this.doubt = doubt;
    this.at = answered;
  }

  // Whether this machine slept, or somebody set its clock, since the last question: then the server is to be asked.
  jumped() {
    const wall = Date.now() - performance.now();
    const jump = Math.abs(wall - this.wall) > JUMP;
    this.wall = wall;
    if (jump) this.doubt = Infinity;
    return jump;
  }
}

// In the zone of the settings, where they name one; else in this machine's.
const timeZone = document.documentElement.dataset.zone || undefined;
const SHORT_FORM = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
const FULL = new Intl.DateTimeFormat(undefined, { ...SHORT_FORM, second: "2-digit" });
const SHORT = new Intl.DateTimeFormat(undefined, SHORT_FORM);

export const clockTime = (ms) => FULL.format(ms);
export const clockMinute = (ms) => SHORT.format(ms);

export function timeLeft(seconds) {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

export const some = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;
