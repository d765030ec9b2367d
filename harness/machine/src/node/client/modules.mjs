// ES modules are found by NODE_PATH too, as AWS's builds of Node.js do it; Node.js itself looks there for `require` alone.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-package.html#nodejs-package-searchpath
import fs from 'node:fs';
import module from 'node:module';
import process from 'node:process';

import { parents, resolveAfter } from './resolve.mjs';

export function searchNodePath() {
  const folders = (process.env.NODE_PATH ?? '').split(':').filter((folder) => folder.endsWith('/node_modules') && fs.existsSync(folder));
  if (folders.length === 0) return;
  if (module.registerHooks) {
    const among = parents(folders);
    module.registerHooks({
      resolve: (specifier, context, next) => {
        try {
          return next(specifier, context);
        } catch (error) {
          return resolveAfter(error, specifier, among, (parentURL) => next(specifier, { ...context, parentURL }));
        }
      },
    });
  } else {
    // Node.js 18 and 20, whose hooks have a thread of their own.
    module.register?.('./resolve.mjs', import.meta.url, { data: folders });
  }
}
