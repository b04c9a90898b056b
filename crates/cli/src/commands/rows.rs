//! What the subcommands on the store share: whose rows, how they are printed, who acts.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args as Arguments, ValueEnum};
use serde::Serialize;
use skillgate_model::TenantId;
use skillgate_pipeline::Loaded;
use skillgate_store::{Act, Store, StoreError};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Which store, and whose rows in it.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Place {
    /// Whose rows
    #[arg(long, value_name = "TENANT", default_value_t)]
    pub(crate) tenant: TenantId,
    /// The store's folder, or `postgresql://user@host/database` [default: the configuration's]
    #[arg(long, value_name = "PLACE")]
    pub(crate) store: Option<String>,
}

impl Place {
    /// Opens what the option names, or else what the configuration does.
    pub(crate) fn open(&self, loaded: &Loaded) -> Result<Store, StoreError> {
        match &self.store {
            Some(place) => Store::at(place),
            None => Store::at(&loaded.store_place()),
        }
    }
}

#[derive(Debug, Arguments)]
pub(crate) struct Rows {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How the result is written
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: RowFormat,
    /// Read this configuration instead of the nearest one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What the commands share that list rows.
#[derive(Debug, Arguments)]
pub(crate) struct Listing {
    /// Also what is settled
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) rows: Rows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Rows {
    /// The folder of an embedded store.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        let place = match &self.place.store {
            Some(place) => place.clone(),
            None => self.loaded()?.store_place(),
        };
        match Store::is_address(&place) {
            true => bail!("`{}` is no folder", Store::shown(&place)),
            false => Ok(place.into()),
        }
    }

    pub(crate) fn loaded(&self) -> anyhow::Result<Loaded> {
        super::configuration(self.config.as_deref(), &[])
    }

    pub(crate) fn open(&self) -> anyhow::Result<Store> {
        match &self.place.store {
            Some(place) => Ok(Store::at(place)?),
            None => Ok(Store::at(&self.loaded()?.store_place())?),
        }
    }

    pub(crate) const fn tenant(&self) -> &TenantId {
        &self.place.tenant
    }

    /// The record as JSON, or as the text for people.
    pub(crate) fn print(&self, record: &impl Serialize, text: &str) -> anyhow::Result<()> {
        match self.format {
            RowFormat::Json => super::print(&(serde_json::to_string_pretty(record)? + "\n")),
            RowFormat::Text => super::print(text),
        }
    }
}

/// Who acts: the one who was named, or the one who is logged in; never nobody.
pub(crate) fn act(actor: Option<&str>, reason: &str) -> anyhow::Result<Act> {
    let logged_in = || {
        std::env::var("USER")
            .or_else(|_| std::env::var("LOGNAME"))
            .ok()
    };
    let actor = actor.map(str::to_owned).or_else(logged_in);
    let named = actor.filter(|actor| !actor.trim().is_empty());
    let actor = named.context("who acts is not known; say it with the option for the actor")?;
    if reason.trim().is_empty() {
        bail!("a reason is needed");
    }
    Ok(Act::now(actor, reason))
}

/// A moment as RFC 3339 in UTC.
pub(crate) fn moment(at_ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)
        .ok()
        .and_then(|time| {
            time.replace_millisecond(0)
                .unwrap_or(time)
                .format(&Rfc3339)
                .ok()
        })
        .unwrap_or_else(|| format!("{at_ms} ms"))
}

/// Hostile text on one line.
pub(crate) fn plain(text: &str) -> String {
    text.escape_debug().to_string()
}
