//! What the communications office does, without HTTP: accounts, people and their lists, alerts from the first draft
//! to the last decision, and the reports. The console, the API, the command line and the demonstration all come
//! through here, so a right is checked once: every act names the account that does it.

mod accounts;
mod actions;
mod alerts;
mod complaints;
mod consents;
mod error;
mod form;
mod import;
mod people;
mod pictures;
mod plan;
mod preview;
mod reach;
mod report;
mod report_csv;
mod templates;
pub mod words;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;

pub use accounts::{Act, ApiKey, NewKey, allows, roles_that_may};
pub use actions::Seen;
pub use error::{Complaint, Complaints, Conflict, LastChange, OfficeError, Result};
pub use form::AlertForm;
pub use import::{ImportOptions, Verdicts};
pub use people::{GroupForm, Numbers, PeopleFilter, PersonView};
pub use pictures::{PICTURE_BYTES_READ_MAX, StoredPicture};
pub use plan::{NamedPlan, PlanForm};
pub use preview::{
    ArticleShown, ChannelPreview, ExclusionCount, FinishPreview, ParameterShown, PictureShown, PostShown,
    Preview, PreviewWarning, RoutePreview, Shows, TemplateFault, TemplateShown, TextShown,
};
pub use reach::{ExhibitView, InboxView, PersonReach, Reached};
pub use report::{AlertCounts, AreaReport, MessageView, PeopleCounts, RouteCounts};
pub use report_csv::CsvStream;
pub use templates::{Template, TemplateChange, TemplateForm, TemplateLine};
pub use words::Text;

use crate::{
    domain::{AreaCatalogue, NumberPlan},
    engine::{CallbackDesk, Consent, Handle, Setup},
    ledger::Store,
};

/// Lanes whose provider's consent can be renewed.
pub type Consents = BTreeMap<String, Arc<dyn Consent>>;

/// Everything the office's work needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Office {
    pub store: Store,
    /// Routes and plans as the settings have them now; new settings may replace it while work goes on.
    pub setup: Arc<ArcSwap<Setup>>,
    pub numbers: Arc<NumberPlan>,
    pub areas: Arc<AreaCatalogue>,
    pub clock: Arc<dyn contract::Clock>,
    pub engine: Handle,
    /// Where providers' callbacks are read and kept.
    pub desk: Arc<CallbackDesk>,
    /// Official Accounts whose consent an admin can renew, by lane.
    pub consents: Arc<ArcSwap<Consents>>,
}
