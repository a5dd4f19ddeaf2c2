// Has predict.html classify what web_page.py serves, by the page's own functions, and sends back what it said.
// COUNT photographs are asked for by their numbers.
"use strict";

async function bytes(address) {
  return (await fetch(address)).arrayBuffer();
}

// Adds an answer to a part of what is sent, and how long the model took.
async function ask(part, pixels) {
  const begin = performance.now();
  const { probabilities, likeness } = await answer(pixels);
  part.answering.push(performance.now() - begin);
  part.probabilities.push(probabilities);
  part.likeness.push(likeness ?? 0);
}

function part() {
  return { probabilities: [], likeness: [], answering: [], preparing: [], difference: 0 };
}

async function measure() {
  const { runtime } = await started;
  const pixels = part(), files = part();
  for (let i = 0; i < COUNT; i++) {
    const own = new Uint8Array(await bytes(`/pixels/${i}`));
    await ask(pixels, own);
    const file = new Blob([await bytes(`/photographs/${i}`)]);
    const begin = performance.now();
    const made = await prepared(file);
    files.preparing.push(performance.now() - begin);
    files.difference += made.reduce((sum, byte, j) => sum + Math.abs(byte - own[j]), 0) / made.length / COUNT;
    await ask(files, made);
  }
  return { pixels, files, browser: navigator.userAgent, runtime: runtime.env.versions.web,
    threads: crossOriginIsolated ? runtime.env.wasm.numThreads : 1 };
}

measure().catch(error => ({ error: error.message })).then(result =>
  fetch("/answers", { method: "POST", body: JSON.stringify(result) }));
