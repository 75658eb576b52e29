//! The text that Prometheus reads: OpenMetrics 1.0. Every label has a value of our own: no name, key or
//! address that somebody sent is in it.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode as write_all;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::sample::Sample;
use crate::node::{Node, Readiness};

mod parts;

/// What the text is.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A node with what was just looked up about it.
#[derive(Debug)]
struct Exposition {
    node: Arc<Node>,
    sample: Sample,
}

pub(super) fn encode(node: &Arc<Node>, sample: Sample) -> String {
    let node = Arc::clone(node);
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Exposition { node, sample }));
    let mut text = String::with_capacity(16 * 1024);
    write_all(&mut text, &registry).expect("a text takes what is written to it");
    text
}

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Writer(encoder);
        self.build(&mut out)?;
        self.requests(&mut out)?;
        self.snapshot(&mut out)?;
        self.caches(&mut out)?;
        self.usage(&mut out)?;
        self.database(&mut out)?;
        self.jobs(&mut out)?;
        self.storage(&mut out)?;
        self.certificate(&mut out)?;
        self.process(&mut out)
    }
}

/// Writes metrics, each with what it means.
struct Writer<'a>(DescriptorEncoder<'a>);

impl Writer<'_> {
    /// A number that only grows, without labels. `name` is without `_total`.
    fn count(&mut self, name: &str, help: &str, value: impl EncodeCounterValue) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    /// A number that goes up and down, without labels.
    fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        metric.encode_gauge(&value)
    }

    /// Several numbers that only grow.
    fn counts<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl Iterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in rows {
            let mut row = metric.encode_family(&labels)?;
            row.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        Ok(())
    }

    /// Several numbers that go up and down.
    fn gauges<L: EncodeLabelSet, V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (L, V)>,
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in rows {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }
}
