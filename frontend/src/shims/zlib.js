// The part of node:zlib that just-bash uses, made of fflate: gzip, gunzip, zcat and `tar -z` work in a browser with it.
import { gunzipSync as gunzip, gzipSync as gzip } from "fflate";

export const constants = { Z_BEST_COMPRESSION: 9, Z_BEST_SPEED: 1, Z_DEFAULT_COMPRESSION: 6 };

/** Decompress; a result larger than asked for is an error, as in Node. */
export function gunzipSync(data, { maxOutputLength = Infinity } = {}) {
  const result = gunzip(data);
  if (result.length > maxOutputLength) throw Object.assign(new RangeError("Cannot create a larger buffer"), { code: "ERR_BUFFER_TOO_LARGE" });
  return result;
}

export function gzipSync(data, { level = 6 } = {}) {
  return gzip(data, { level: level < 0 ? 6 : level, mtime: 0 });
}
