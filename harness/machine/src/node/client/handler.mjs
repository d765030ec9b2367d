// Finds the handler that `Handler` of a function names. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  CallbackHandlerDeprecated, HandlerNotFound, ImportModuleError, MalformedHandlerName, UserCodeSyntaxError, meant,
} from './failure.mjs';
import { awslambda, streams } from './stream.mjs';

const require = createRequire(import.meta.url);

/** Whether the handler is an `async` function: one that never settles is an error then, and no empty answer. */
export function isAsync(handler) {
  return handler.constructor?.name === 'AsyncFunction';
}

export async function load(root, name, major) {
  if (name.includes('..')) {
    throw new MalformedHandlerName(`'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(name);
  const dot = base.indexOf('.');
  if (dot < 0) throw new MalformedHandlerName('Bad handler');
  const [folder, file, members] = [name.slice(0, name.length - base.length), base.slice(0, dot), base.slice(dot + 1)];
  globalThis.awslambda = awslambda;
  const exported = await importModule(path.resolve(root, folder, file), file, [root, folder]);
  const handler = members.split('.').reduce((object, key) => object && object[key], exported);
  if (!handler) throw new HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new HandlerNotFound(`${name} is not a function`);
  if (major >= 24 && !streams(handler) && handler.length >= 3 && !isAsync(handler)) throw new CallbackHandlerDeprecated();
  return handler;
}

async function importModule(stem, name, paths) {
  try {
    if (fs.existsSync(stem) && fs.statSync(stem).isFile()) return require(stem);
    if (fs.existsSync(`${stem}.js`)) {
      return isModule(path.dirname(stem)) ? await import(pathToFileURL(`${stem}.js`)) : require(`${stem}.js`);
    }
    if (fs.existsSync(`${stem}.mjs`)) return await import(pathToFileURL(`${stem}.mjs`));
    if (fs.existsSync(`${stem}.cjs`)) return require(`${stem}.cjs`);
    return require(require.resolve(name, { paths }));
  } catch (thrown) {
    const failure = meant(thrown);
    if (failure instanceof SyntaxError) throw new UserCodeSyntaxError(failure);
    if (failure?.code === 'MODULE_NOT_FOUND') throw new ImportModuleError(failure);
    throw failure;
  }
}

/** Whether the nearest package.json makes `.js` files of this folder ES modules. https://nodejs.org/api/packages.html#type */
function isModule(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8'))?.type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder !== '/' && isModule(path.dirname(folder));
}
