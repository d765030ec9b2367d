// Where a package is found that is not beside the module which imports it.
import { pathToFileURL } from 'node:url';

let among = [];

/** Modules that would find what is in these folders. */
export function parents(folders) {
  return folders.map((folder) => pathToFileURL(`${folder}/../module`).href);
}

/** Looks for a package in other folders, after it was not found. `next` resolves from a module. */
export function resolveAfter(error, specifier, modules, next) {
  const isBare = !/^(?:\.{0,2}\/|#|[a-z]+:)/.test(specifier);
  if (error.code === 'ERR_MODULE_NOT_FOUND' && isBare) {
    for (const parent of modules) {
      try {
        return next(parent);
      } catch {
        // It may be in another.
      }
    }
  }
  throw error;
}

export function initialize(folders) {
  among = parents(folders);
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    for (const parentURL of among) {
      const found = await Promise.resolve()
        .then(() => resolveAfter(error, specifier, [parentURL], () => next(specifier, { ...context, parentURL })))
        .catch(() => null);
      if (found) return found;
    }
    throw error;
  }
}
