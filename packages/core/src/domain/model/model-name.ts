/** The name of a model file that the node runs itself: also a file's name, and a word of the command line. */
export const modelNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
