/** Bounds of packages that the configuration does not set. Times in milliseconds, sizes in bytes. */

/** Redirects that one fetch follows. */
export const maxRedirects = 5;
/** Headers of one answer. */
export const maxHeaderBytes = 64 * 1024;
/** Packages that are fetched or unpacked at the same time; further ones wait. */
export const maxParallel = 4;
/** Parts of a path inside an archive. */
export const maxPathDepth = 64;
/** Longest target of a symbolic link inside an archive. */
export const maxLinkBytes = 4096;
/** How many times its own size an archive may become, once it is larger than `ratioFreeBytes`. */
export const maxRatio = 200;
/** Unpacked bytes below which the ratio does not matter: small texts compress very well. */
export const ratioFreeBytes = 64 * 1024 * 1024;
/** Longest record of where a package came from. */
export const maxRecordBytes = 16 * 1024;
/** Addresses whose validators are remembered; the longest unused are forgotten first. */
export const maxSources = 10_000;

/** Longest run of a program that is asked for its version. */
export const probeMs = 5_000;
/** Most output read of such a program. */
export const maxProbeBytes = 64 * 1024;
/** Programs asked at the same time. */
export const probeParallel = 2;
/** Candidates of one kind of runtime that are looked at. */
export const maxCandidates = 32;
/** How old the knowledge of a missing runtime may be before this machine is looked at again. */
export const lookAgainMs = 60_000;

/** All files of one start together: scripts, settings, lists of modules. */
export const maxStartBytes = 1024 * 1024;
