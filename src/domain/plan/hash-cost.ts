/** The forms of `auth.cost`: all of a hash before its salt. */
export const HASH_COST =
  /^(\$2[abxy]?\$\d\d\$|\$argon2(id|i|d)\$(v=\d+\$)?m=\d+,t=\d+,p=\d+\$|\$scrypt\$ln=\d+,r=\d+,p=\d+\$|\$?pbkdf2[_-]sha(1|256|512)\$(i=)?\d+\$)/;
