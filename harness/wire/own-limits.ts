/** Errors of connecting that are this machine's want of descriptors, ports or memory, and no server's fault. */
export const OWN_LIMITS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENOBUFS', 'ENOMEM'])
