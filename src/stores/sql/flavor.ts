/** Which database the SQL is written for, where the two differ. */
export type SqlFlavor = 'sqlite' | 'postgres';
