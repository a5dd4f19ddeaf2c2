#ifndef C_ACCEPT_H
#define C_ACCEPT_H

#include <stdbool.h>

/// Keeps so many of this process's descriptors from connections that come over the network; 0 at
/// first.
void tl_accept_reserve(int count);

/// What a listener is told where the kernel gave `error` instead of a connection: the same, where
/// every library that listens knows it, and else that the connection ended before it was accepted
/// (ECONNABORTED).
int tl_accept_error(int error);

/// Whether a new connection may keep the descriptor that it got.
///
/// - Parameters:
///   - descriptor: the lowest one that was free.
///   - is_local: of a Unix socket, whose folder lets in this user alone.
///   - limit: how many this process may have.
///   - reserve: how many of them are not for the network.
bool tl_accept_keeps(int descriptor, bool is_local, int limit, int reserve);

#endif
