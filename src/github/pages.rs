//! Lists that come in pages: every page with our token, and none from anywhere else.

use bytes::Bytes;
use http::header::LINK;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Error;
use super::api::{Api, As, json};
use super::transport::Answer;

/// How many pages are read at most; more than two thousand of anything decides nothing.
const MOST: usize = 20;

/// What one page holds.
pub(crate) trait Page: DeserializeOwned {
    /// What it is a list of.
    type Item;
    /// What is on it.
    fn items(self) -> Vec<Self::Item>;
}

impl<T: DeserializeOwned> Page for Vec<T> {
    type Item = T;
    fn items(self) -> Self {
        self
    }
}

macro_rules! wrapped_page {
    ($($name:ident: $field:ident),+) => {$(
        #[derive(Deserialize)]
        pub(crate) struct $name<T> {
            $field: Vec<T>,
        }

        impl<T: DeserializeOwned> Page for $name<T> {
            type Item = T;
            fn items(self) -> Vec<T> {
                self.$field
            }
        }
    )+};
}

wrapped_page!(RunsPage: workflow_runs, CheckRunsPage: check_runs, StatusesPage: statuses, ReposPage: repositories, ArtifactsPage: artifacts, JobsPage: jobs);

/// The pages of a list that were read.
pub(crate) struct Pages<P> {
    pub(crate) pages: Vec<P>,
    /// Whether these are all there are.
    pub(crate) complete: bool,
}

impl Api {
    /// Every item of a list that is short enough to be read to its end.
    pub(crate) async fn all<P: Page>(&self, who: As<'_>, path: String) -> Result<Vec<P::Item>, Error> {
        let Pages { pages, complete } = self.pages::<P>(who, path).await?;
        if !complete {
            return Err(Error::broken(format!("the list has more than {MOST} pages")));
        }
        Ok(pages.into_iter().flat_map(Page::items).collect())
    }

    /// The pages of a list, as far as they are read.
    pub(crate) async fn pages<P: DeserializeOwned>(
        &self,
        who: As<'_>,
        path: String,
    ) -> Result<Pages<P>, Error> {
        let mut pages = Vec::new();
        let mut next = Some(path);
        while let Some(path) = next {
            if pages.len() == MOST {
                return Ok(Pages { pages, complete: false });
            }
            let answer = self.read_answer(who, path).await?;
            pages.push(json(&answer)?);
            next = self.next_page(&answer)?;
        }
        Ok(Pages { pages, complete: true })
    }

    /// The pages of a list as they came, and whether these are all.
    pub(crate) async fn bodies(&self, who: As<'_>, path: String) -> Result<(Vec<Bytes>, bool), Error> {
        let mut bodies = Vec::new();
        let mut next = Some(path);
        while let Some(path) = next {
            if bodies.len() == MOST {
                return Ok((bodies, false));
            }
            let answer = self.read_answer(who, path).await?;
            next = self.next_page(&answer)?;
            bodies.push(answer.body);
        }
        Ok((bodies, true))
    }

    /// The path of the page after this one.
    pub(crate) fn next_page(&self, answer: &Answer) -> Result<Option<String>, Error> {
        let Some(url) = next_link(answer)? else { return Ok(None) };
        match self.path_of(&url) {
            Some(path) => Ok(Some(path)),
            None => Err(Error::broken("the next page is said to be on another host")),
        }
    }
}

/// The URL with `rel="next"` among those of the `Link` header (RFC 8288).
fn next_link(answer: &Answer) -> Result<Option<String>, Error> {
    for header in answer.headers.get_all(LINK) {
        let text = header.to_str().map_err(|_| Error::broken("its Link header is not ASCII"))?;
        for link in text.split('<').skip(1) {
            let Some((url, parameters)) = link.split_once('>') else { continue };
            if parameters.split(';').any(|p| p.trim().trim_end_matches(',').trim() == "rel=\"next\"") {
                return Ok(Some(url.to_owned()));
            }
        }
    }
    Ok(None)
}
