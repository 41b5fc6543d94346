import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressAssets } from './compress-assets.ts';

/** Where `npm --prefix console run dev` finds the API: a server started by `longshore up`. */
const developmentApi = process.env['LONGSHORE_URL'] ?? 'http://127.0.0.1:8480';

export default defineConfig({
  base: '/console/',
  plugins: [react(), compressAssets()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    // Pages that are open ask for the chunks they were built with: those go after a day.
    emptyOutDir: false,
    sourcemap: false,
    // Everything is a file with a hashed name: the content security policy allows no data: scripts.
    assetsInlineLimit: 0,
    // What first loads is held to a bound by tests/console/shell.test.ts.
    chunkSizeWarningLimit: 600,
    reportCompressedSize: false,
    // What is bundled keeps its authors' terms.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      output: {
        // What every page uses comes as a few files; pages, plots and layouts stay apart.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler|wouter|@tanstack)\// },
            { name: 'icons', test: /node_modules\/lucide-react\// },
            { name: 'design', test: /src\/(api|i18n|design\/(?!plot-canvas))/ },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: developmentApi } },
  },
});
