// Loaded before a test that draws examples when `npm test` runs it: each run draws the same ones, so that what one run
// finds the next one finds too. A test that is run by itself draws new ones.
import fc from "fast-check";

fc.configureGlobal({ seed: 1 });
