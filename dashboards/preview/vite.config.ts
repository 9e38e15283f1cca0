import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      'react-custom-scrollbars-2': path.resolve(import.meta.dirname, 'src/scrollbars.ts'),
    },
  },
  // Grafana's packages read `process.env`.
  define: { 'process.env': {} },
  build: { outDir: 'dist', chunkSizeWarningLimit: 20_000 },
});
