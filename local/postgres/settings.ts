export interface ServerSettings {
  /** False trades crash safety of the machine (not of the process) for speed. */
  readonly fsync?: boolean;
  /** Libraries that the server loads when it starts, as pg_stat_statements must be. */
  readonly preload?: readonly string[];
}

/** Server settings for a developer's machine of two cores, as arguments: they hold for restored copies too. */
export function settings(options: ServerSettings): readonly string[] {
  const values: Readonly<Record<string, string>> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '160MB',
    // Needed by pg_backup_start.
    wal_level: 'replica',
    max_wal_size: '1GB',
    checkpoint_timeout: '5min',
    fsync: options.fsync === false ? 'off' : 'on',
    shared_preload_libraries: (options.preload ?? []).join(','),
    autovacuum: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Expected errors of a test or demo would hide the important ones.
    log_min_messages: 'fatal',
    log_min_error_statement: 'panic',
    logging_collector: 'off',
    // A killed orchestrator leaves connections behind; the server notices within seconds.
    tcp_keepalives_idle: '10',
    client_connection_check_interval: '5s',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
