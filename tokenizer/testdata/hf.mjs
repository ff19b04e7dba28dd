// Makes hf.json with Hugging Face's own library (npm @anush008/tokenizers 0.6.0,
// a build of the Rust crate `tokenizers`), from the files beside it:
//
//   npm install --prefix /tmp/hf @anush008/tokenizers@0.6.0
//   NODE_PATH=/tmp/hf/node_modules node hf.mjs
//
// It reads tokenizer.json, which `go test -run Golden -update` writes, and gives the
// ids of every text in texts.json, of each line of corpus.txt, and the merges that
// the library's trainer makes of corpus.txt, which it reads line by line.
import { createRequire } from 'module';
import fs from 'fs';
import os from 'os';
import path from 'path';

const { Tokenizer } = createRequire(process.env.NODE_PATH + '/')('@anush008/tokenizers');
const dir = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const file = name => path.join(dir, name);

const tokenizer = Tokenizer.fromFile(file('tokenizer.json'));
const encode = async (text, addSpecialTokens) =>
  (await tokenizer.encode(text, null, { addSpecialTokens })).getIds();

const texts = JSON.parse(fs.readFileSync(file('texts.json'), 'utf8'));
const corpus = fs.readFileSync(file('corpus.txt'), 'utf8');
const out = {
  texts: await Promise.all(texts.map(t => encode(t, false))),
  corpus: await encode(corpus, false),
  with_special_tokens: await encode('The lamp', true),
  decoded: await tokenizer.decode(await encode(corpus, true), true) === corpus,
};

const trained = Tokenizer.fromFile(file('tokenizer.json'));
trained.train([file('corpus.txt')]);
const saved = path.join(os.tmpdir(), 'hf-trained.json');
trained.save(saved);
out.merges = JSON.parse(fs.readFileSync(saved, 'utf8')).model.merges.slice(0, 400);

const rows = Object.entries(out).map(([k, v]) => `  ${JSON.stringify(k)}: ${JSON.stringify(v)}`);
fs.writeFileSync(file('hf.json'), `{\n${rows.join(',\n')}\n}\n`);
