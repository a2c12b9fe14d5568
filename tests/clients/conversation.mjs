// How a script talks with the test that started it: a line of JSON each way, and the answer of the redirect at the end.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const told = async () => JSON.parse((await lines.next()).value);
export const tell = (what) => console.log(JSON.stringify(what));

/** Show where a person signs in; gives where the browser was sent in the end. */
export async function signIn(url) {
  tell({ open: url.href });
  return new URL((await told()).ended);
}
