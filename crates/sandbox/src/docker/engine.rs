//! Requests to a container engine over its socket, each done before the call returns.

use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};

use bollard::errors::Error;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StartContainerOptions,
};
use bollard::{ClientVersion, Docker};
use futures_util::TryStreamExt;

use super::label;

/// Seconds after which an engine that does not answer is given up.
const PATIENCE_SECONDS: u64 = 60;
/// Older engines cannot give a container a control group namespace of its own.
const OLDEST: &ClientVersion = &ClientVersion {
    major_version: 1,
    minor_version: 41,
};

/// An engine that has answered.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    socket: PathBuf,
    /// Podman reads the profile from a file, Docker from the request.
    pub(crate) is_podman: bool,
}

impl Engine {
    /// Asks the engine who it is.
    pub(crate) fn at(socket: &Path) -> Result<Self, Error> {
        let mut engine = Self {
            socket: socket.to_owned(),
            is_podman: false,
        };
        let version = engine.ask(async |docker| docker.version().await)?;
        let components = version.components.unwrap_or_default();
        engine.is_podman = components
            .iter()
            .any(|part| part.name.starts_with("Podman"));
        Ok(engine)
    }

    /// The image's own identity, pulled first where that is wanted and it is missing.
    pub(crate) fn image(&self, image: &str, pull: bool) -> Result<Option<String>, Error> {
        self.ask(async |docker| {
            match docker.inspect_image(image).await {
                Ok(found) => return Ok(found.id),
                Err(error) if is_missing(&error) && pull => {}
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
            let options = CreateImageOptionsBuilder::default()
                .from_image(image)
                .build();
            docker
                .create_image(Some(options), None, None)
                .try_collect::<Vec<_>>()
                .await?;
            Ok(docker.inspect_image(image).await?.id)
        })
    }

    /// Makes a container and starts it; one that does not start is removed again.
    pub(crate) fn start(&self, name: &str, body: ContainerCreateBody) -> Result<(), Error> {
        let started = self.ask(async |docker| {
            let options = CreateContainerOptionsBuilder::default().name(name).build();
            docker.create_container(Some(options), body).await?;
            docker
                .start_container(name, None::<StartContainerOptions>)
                .await
        });
        if started.is_err() {
            drop(self.remove(name));
        }
        started
    }

    /// Whether there is such a container.
    pub(crate) fn has(&self, name: &str) -> Result<bool, Error> {
        self.ask(
            async |docker| match docker.inspect_container(name, None).await {
                Ok(_) => Ok(true),
                Err(error) if is_missing(&error) => Ok(false),
                Err(error) => Err(error),
            },
        )
    }

    /// Ends a container if it still runs; the engine may be removing it already.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        self.ask(async |docker| {
            let options = RemoveContainerOptionsBuilder::default()
                .force(true)
                .v(true)
                .build();
            match docker.remove_container(name, Some(options)).await {
                Err(error) if is_missing(&error) || is_busy(&error) => Ok(()),
                other => other,
            }
        })
    }

    /// Removes the containers of supervisors that are gone.
    pub(crate) fn sweep(&self) -> Result<(), Error> {
        let ours = HashMap::from([("label".to_owned(), vec![label::SUPERVISOR.to_owned()])]);
        let found = self.ask(async |docker| {
            let options = ListContainersOptionsBuilder::default()
                .all(true)
                .filters(&ours)
                .build();
            docker.list_containers(Some(options)).await
        })?;
        for container in found {
            if let Some(id) = container.id
                && label::is_left_over(&container.labels.unwrap_or_default())
            {
                self.remove(&id)?;
            }
        }
        Ok(())
    }

    /// A connection and a runtime for one request: nothing asynchronous outlives the call.
    fn ask<T>(&self, request: impl AsyncFnOnce(Docker) -> Result<T, Error>) -> Result<T, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let socket = self.socket.to_string_lossy();
        let docker = Docker::connect_with_unix(&socket, PATIENCE_SECONDS, OLDEST)?;
        let answer: std::pin::Pin<Box<dyn Future<Output = Result<T, Error>> + '_>> =
            Box::pin(request(docker));
        runtime.block_on(answer)
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

fn is_busy(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 409,
            ..
        }
    )
}
