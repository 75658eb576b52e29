//! Which metrics there are.

use super::*;

impl Exposition {
    pub(super) fn build(&self, out: &mut Writer<'_>) -> fmt::Result {
        let database = if self.node.app.db.is_postgres() {
            "postgres"
        } else {
            "sqlite"
        };
        let labels = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("database", database),
        ];
        let help = "Which skep this is.";
        let mut metric = out
            .0
            .encode_descriptor("skep_build", help, None, MetricType::Info)?;
        metric.encode_info(&labels)?;
        let is_ready = self.sample.readiness != Readiness::Draining;
        let help = "1 while requests should be sent here, 0 while it stops.";
        out.gauge("skep_ready", help, u32::from(is_ready))
    }

    pub(super) fn requests(&self, out: &mut Writer<'_>) -> fmt::Result {
        let metrics = &self.node.metrics;
        let rows = metrics.requests.by_status().map(|(kind, status, count)| {
            let status = status.map_or_else(|| "other".to_owned(), |status| status.to_string());
            (
                [("kind", kind.as_str().to_owned()), ("status", status)],
                count,
            )
        });
        out.counts("skep_requests", "Answers, by what was asked for.", rows)?;
        let rows = (metrics.requests.by_way())
            .map(|(kind, way, count)| ([("kind", kind.as_str()), ("way", way.as_str())], count));
        out.counts(
            "skep_deliveries",
            "Files, by the way they were delivered.",
            rows,
        )?;
        self.durations(out)?;
        out.count(
            "skep_connections",
            "Connections that were made.",
            metrics.connections.get(),
        )?;
        let help = "Connections that ended before TLS was agreed on.";
        out.count(
            "skep_tls_handshake_failures",
            help,
            metrics.failed_handshakes.get(),
        )?;
        out.count(
            "skep_panics",
            "Requests that met a bug.",
            metrics.panics.get(),
        )
    }

    fn durations(&self, out: &mut Writer<'_>) -> fmt::Result {
        let (name, kind) = ("skep_request_duration_seconds", MetricType::Histogram);
        let help = "Time from a request's headers to its answer's.";
        let mut metric = out.0.encode_descriptor(name, help, None, kind)?;
        for (kind, sum, buckets) in self.node.metrics.requests.durations() {
            let count = buckets.iter().map(|(_, count)| count).sum();
            let labels = [("kind", kind.as_str())];
            let mut row = metric.encode_family(&labels)?;
            row.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }

    pub(super) fn snapshot(&self, out: &mut Writer<'_>) -> fmt::Result {
        let (sample, size) = (&self.sample, self.sample.snapshot);
        let help = "Time since the last look for changes that succeeded.";
        out.gauge(
            "skep_snapshot_age_seconds",
            help,
            sample.snapshot_age.as_secs_f64(),
        )?;
        let help = "The last change that this node knows of.";
        out.gauge("skep_snapshot_revision", help, size.revision)?;
        let rows = [
            ([("of", "keys")], size.keys),
            ([("of", "licenses")], size.licenses),
            ([("of", "packages")], size.packages),
            ([("of", "releases")], size.releases),
        ];
        out.gauges(
            "skep_snapshot_entries",
            "What this node holds in memory.",
            rows,
        )
    }

    pub(super) fn caches(&self, out: &mut Writer<'_>) -> fmt::Result {
        let rows = self
            .sample
            .caches
            .iter()
            .flat_map(|(cache, (hits, misses))| {
                let labels = |result| [("cache", *cache), ("result", result)];
                [(labels("hit"), *hits), (labels("miss"), *misses)]
            });
        out.counts(
            "skep_cache_lookups",
            "Whether a cache had what was wanted.",
            rows,
        )
    }

    pub(super) fn usage(&self, out: &mut Writer<'_>) -> fmt::Result {
        let help = "Rows of usage that are in memory only.";
        out.gauge("skep_usage_rows", help, self.sample.usage_rows)?;
        let Some(spool) = self.sample.spool else {
            return Ok(());
        };
        let help = "Files of usage that wait for the database.";
        out.gauge("skep_usage_spool_files", help, spool.files)?;
        let help = "The size of those files.";
        out.gauge("skep_usage_spool_bytes", help, spool.bytes)?;
        let help = "The age of the oldest of those files, 0 without any.";
        out.gauge(
            "skep_usage_spool_oldest_seconds",
            help,
            spool.oldest.as_secs_f64(),
        )
    }

    pub(super) fn database(&self, out: &mut Writer<'_>) -> fmt::Result {
        let is_up = self.sample.readiness != Readiness::DatabaseAway;
        let help = "1 while the database answers, 0 while what is known is served.";
        out.gauge("skep_database_up", help, u32::from(is_up))?;
        let help = "How often the database went away.";
        out.count("skep_database_outages", help, self.sample.outages)?;
        let connections = self.sample.connections;
        let rows = [
            ([("state", "used")], connections.used),
            ([("state", "idle")], connections.idle),
        ];
        out.gauges(
            "skep_database_connections",
            "Connections of the pool.",
            rows,
        )?;
        let help = "The most connections that the pool makes.";
        out.gauge("skep_database_connections_max", help, connections.most)
    }

    pub(super) fn jobs(&self, out: &mut Writer<'_>) -> fmt::Result {
        let Some(jobs) = self.sample.jobs else {
            return Ok(());
        };
        let rows = [
            ([("state", "waiting")], jobs.waiting),
            ([("state", "running")], jobs.running),
            ([("state", "dead")], jobs.dead),
        ];
        out.gauges("skep_jobs", "Work that is done once, of all nodes.", rows)
    }

    pub(super) fn storage(&self, out: &mut Writer<'_>) -> fmt::Result {
        let errors = self.sample.storage_errors;
        let rows = [
            ([("error", "away")], errors.away),
            ([("error", "refused")], errors.refused),
            ([("error", "damaged")], errors.damaged),
            ([("error", "missing")], errors.missing),
            ([("error", "full")], errors.full),
            ([("error", "other")], errors.other),
        ];
        let help = "What the file storage did not do, by why.";
        out.counts("skep_storage_errors", help, rows.into_iter())
    }

    pub(super) fn certificate(&self, out: &mut Writer<'_>) -> fmt::Result {
        let Some((until, is_stale)) = self.sample.certificate else {
            return Ok(());
        };
        let help = "When the certificate in use ends, in seconds since 1970.";
        out.gauge("skep_tls_certificate_end_seconds", help, until.seconds())?;
        let help = "1 while there is a newer certificate that cannot be used.";
        out.gauge("skep_tls_certificate_stale", help, u32::from(is_stale))
    }

    pub(super) fn process(&self, out: &mut Writer<'_>) -> fmt::Result {
        let started_at = self.node.metrics.started_at.seconds();
        let help = "When this node started, in seconds since 1970.";
        out.gauge("process_start_time_seconds", help, started_at)?;
        let Some(process) = self.sample.process else {
            return Ok(());
        };
        let help = "Memory in use.";
        out.gauge(
            "process_resident_memory_bytes",
            help,
            process.resident_bytes,
        )?;
        out.gauge(
            "process_open_fds",
            "Open files and connections.",
            process.open_files,
        )?;
        if let Some(most) = process.most_open_files {
            let help = "The most files and connections that may be open.";
            out.gauge("process_max_fds", help, most)?;
        }
        let help = "Time of processors that was used.";
        out.count("process_cpu_seconds", help, process.cpu_seconds)
    }
}
