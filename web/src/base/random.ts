/** @file A random name, also where the page is not served over a secure connection. */

/** 32 hexadecimal digits that nobody else has. */
export function random(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
