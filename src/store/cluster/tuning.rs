//! Settings of the embedded cluster.

use super::ClusterOptions;
use std::fmt::Write;
use std::path::Path;

/// The text of `datasud.conf`, which the cluster's own `postgresql.conf` includes.
pub(super) fn settings(options: &ClusterOptions, socket: &Path) -> String {
    let memory = megabytes_of_memory();
    let shared = if options.durable { (memory / 8).clamp(64, 1024) } else { 64 };
    let mut text = String::from("# Written by datasud at each start; changes belong into postgresql.conf.\n");
    let mut set = |name: &str, value: &str| {
        let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
    };
    set("listen_addresses", "");
    set("port", "5432");
    set("unix_socket_directories", &socket_list_entry(socket));
    set("unix_socket_permissions", "0700");
    set("max_connections", &options.connections.to_string());
    set("shared_buffers", &format!("{shared}MB"));
    set("effective_cache_size", &format!("{}MB", (memory / 2).max(256)));
    set("work_mem", "16MB");
    set("maintenance_work_mem", &format!("{}MB", (memory / 16).clamp(64, 512)));
    // Plans of map queries are short; compiling them costs more than running them.
    set("jit", "off");
    set("random_page_cost", "1.1");
    set("max_wal_size", "2GB");
    set("wal_compression", "on");
    set("checkpoint_timeout", "15min");
    set("synchronous_commit", if options.durable { "on" } else { "off" });
    set("fsync", if options.durable { "on" } else { "off" });
    set("full_page_writes", if options.durable { "on" } else { "off" });
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    set("lc_messages", "C");
    set("log_min_messages", "warning");
    // Clients' mistakes are answered and logged by the server itself, with their request.
    set("log_min_error_statement", "panic");
    set("logging_collector", "off");
    text
}

/// Commas separate folders in this setting; a folder with one must be quoted.
fn socket_list_entry(socket: &Path) -> String {
    format!("\"{}\"", socket.display().to_string().replace('"', "\"\""))
}

fn megabytes_of_memory() -> u64 {
    let system = rustix::system::sysinfo();
    let total = system.totalram.saturating_mul(u64::from(system.mem_unit));
    // A container's limit counts, not the machine's memory.
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok())
        .unwrap_or(u64::MAX);
    (total.min(limit) >> 20).max(256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_throw_away_clusters_risk_their_data() {
        let durable = settings(&ClusterOptions::default(), Path::new("/run/x"));
        assert!(durable.contains("fsync = 'on'") && durable.contains("synchronous_commit = 'on'"));
        let fast = settings(&ClusterOptions { durable: false, connections: 9 }, Path::new("/run/x"));
        assert!(fast.contains("fsync = 'off'") && fast.contains("max_connections = '9'"));
    }

    #[test]
    fn no_tcp_port_is_opened_and_odd_socket_folders_are_quoted() {
        let text = settings(&ClusterOptions::default(), Path::new("/a, b/l'été"));
        assert!(text.contains("listen_addresses = ''\n"));
        assert!(text.contains("unix_socket_directories = '\"/a, b/l''été\"'"), "{text}");
    }
}
