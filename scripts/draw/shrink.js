// node shrink.js FILE…: writes each PNG anew with a palette, which is enough for flat colours and a third of the size.
const { readFileSync, statSync, writeFileSync } = require('node:fs');
const UPNG = require('upng-js');

const COLOURS = 200;

for (const path of process.argv.slice(2)) {
  const image = UPNG.decode(readFileSync(path));
  const small = Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS));
  if (small.length < statSync(path).size) writeFileSync(path, small);
}
