// Forms in which keys are issued, whoever's they are. Each look is bounded, so no text makes them slow.

/**
 * Tokens of a fixed form: of clouds, forges, model servers, messengers' bots, and of nodes. A placeholder in words is
 * none.
 */
export const issuedToken =
  /(?<![\p{L}\p{N}_])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{35}|gh[pousr]_\w{36,100}|github_pat_\w{30,100}|glpat-[\w-]{20,64}|hf_[A-Za-z0-9]{30,64}|xox[abeprs]-[\w-]{20,200}|sk-(?=[\w-]{0,100}\d)[\w-]{20,200}|whsec_[\w+/=-]{24,100}|AGE-SECRET-KEY-1[0-9A-Z]{58}|adyton_[\w-]{43}|\d{8,10}:[\w-]{35})(?![\w-])/gu;

/** A signed JSON Web Token. */
export const webToken = /(?<![\p{L}\p{N}_])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}/gu;

/** A private key in PEM, also one that breaks off, or is written as a text of JSON. */
export const privateKey =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\w+/=:,\s\\]{40,8192}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/gu;
/** What every private key in PEM begins with. */
export const keyBeginning = "-----BEGIN ";
/** A private key, from its beginning to the end of the text, that what comes next may belong to. */
export const openPrivateKey =
  /-----BEGIN [A-Z ]{0,53}(?:-{0,5}|(?<=PRIVATE KEY)-----[\w+/=:,\s\\]{0,8192}(?:-{1,5}|-----[A-Z ]{0,57}-{0,5})?)$/uy;
