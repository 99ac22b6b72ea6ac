// The part of Node's Buffer that just-bash uses in a browser.
const latin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

class Bytes extends Uint8Array {
  toString(encoding = "utf8") {
    if (encoding === "base64") return btoa(latin1(this));
    if (encoding === "hex") return Array.from(this, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return /^utf-?8$/.test(encoding) ? new TextDecoder().decode(this) : latin1(this);
  }
}

export const Buffer = {
  from(data, encoding = "utf8") {
    if (typeof data !== "string") return Bytes.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
    if (encoding === "base64") return Bytes.from(atob(data), (letter) => letter.charCodeAt(0));
    if (encoding === "hex") return Bytes.from(data.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    return Bytes.from(/^utf-?8$/.test(encoding) ? new TextEncoder().encode(data) : Array.from(data, (letter) => letter.charCodeAt(0) & 255));
  },
  isBuffer: (value) => value instanceof Bytes,
};
