//! The people of the lists and their groups. Telephone numbers are shown masked; whole ones only to those whose task
//! it is to check, who have to ask for them, and it is written down that they did.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Act, Complaint, Complaints, Office, OfficeError, Result, accounts::require, import::carrier_named,
};
use crate::{
    domain::{AreaCatalogue, PersonId, Phone},
    ledger::{Account, CarrierSource, PeopleGroup, Person},
};

/// How telephone numbers are to be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    #[default]
    Masked,
    /// For auditors and admins; noted with account and count.
    Full,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupForm {
    /// Lower-case letters, digits and `-`.
    pub slug: String,
    pub name: String,
    /// Its members have agreed to receive exercises.
    pub exercise: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// Commune code.
    pub area: Option<String>,
    /// Slug.
    pub group: Option<String>,
    pub numbers: Numbers,
}

/// A person as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonView {
    pub id: PersonId,
    /// Masked too where the list has no id of its own and the number stands for it.
    pub external_id: String,
    pub phone: Option<String>,
    pub carrier: Option<String>,
    pub carrier_source: Option<CarrierSource>,
    pub area: String,
    pub area_name: String,
    pub name: Option<String>,
    pub groups: Vec<String>,
    pub opted_out_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// A page is cut to this many rows, however many were asked for.
const PAGE_ROWS_MAX: usize = 1_000;
const SLUG_CHARS_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 100;

impl Office {
    /// Creates a group, or changes its name and whether it takes part in exercises.
    ///
    /// # Errors
    /// Slug or name that cannot be used, or `by` may not.
    pub async fn group_put(&self, by: &Account, group: &GroupForm) -> Result<()> {
        require(by, Act::ManageGroups)?;
        let name = group.name.trim();
        let mut complaints = Complaints(Vec::new());
        let slug_fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if group.slug.is_empty() || group.slug.len() > SLUG_CHARS_MAX || !group.slug.bytes().all(slug_fits) {
            complaints.add(
                "slug",
                &group.slug,
                ("không phải mã nhóm", "not a slug"),
                ("dùng chữ thường không dấu, chữ số, `-`, tối đa 40", "use a-z, 0-9 and `-`, at most 40"),
            );
        }
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            complaints.add(
                "name",
                name,
                ("tên trống hoặc quá dài", "empty, too long or with control characters"),
                ("đặt tên từ 1 đến 100 ký tự", "give a name of 1 to 100 characters"),
            );
        }
        complaints.or(())?;
        Ok(self.store.catalog.group_put(self.clock.now(), &group.slug, name, group.exercise).await?)
    }

    /// # Errors
    /// `by` may not.
    pub async fn groups(&self, by: &Account) -> Result<Vec<PeopleGroup>> {
        require(by, Act::Read)?;
        Ok(self.store.catalog.groups().await?)
    }

    /// People in the order of their ids, after `after`.
    ///
    /// # Errors
    /// `by` may not see people, or not their numbers.
    pub async fn people(
        &self,
        by: &Account,
        filter: &PeopleFilter,
        after: PersonId,
        rows_max: usize,
    ) -> Result<Vec<PersonView>> {
        may_see(by, filter.numbers)?;
        let (area, group) = (filter.area.as_deref(), filter.group.as_deref());
        let people = self.store.catalog.people(area, group, after, page(rows_max)).await?;
        seen(by, filter.numbers, people.len(), "people");
        Ok(people.into_iter().map(|person| view(person, filter.numbers, &self.areas)).collect())
    }

    /// # Errors
    /// No such person, or `by` may not.
    pub async fn person(&self, by: &Account, person: PersonId, numbers: Numbers) -> Result<PersonView> {
        may_see(by, numbers)?;
        let found = self.store.catalog.person(person).await?;
        let found = found.ok_or_else(|| OfficeError::no("person", person))?;
        seen(by, numbers, 1, "person");
        Ok(view(found, numbers, &self.areas))
    }

    /// Opts a person out of all alerts, or in again.
    ///
    /// # Errors
    /// No such person, or `by` may not.
    pub async fn person_opt_out(
        &self,
        by: &Account,
        person: PersonId,
        opted_out: bool,
    ) -> Result<PersonView> {
        require(by, Act::ManagePeople)?;
        if !self.store.catalog.person_opt_out(self.clock.now(), person, opted_out).await? {
            return Err(OfficeError::no("person", person));
        }
        tracing::info!(by = %by.id, %person, opted_out, "opt-out changed");
        self.person(by, person, Numbers::Masked).await
    }

    /// The person has taken the number to another carrier.
    ///
    /// # Errors
    /// No such person, a word that names no carrier, or `by` may not.
    pub async fn person_carrier(&self, by: &Account, person: PersonId, carrier: &str) -> Result<PersonView> {
        require(by, Act::ManagePeople)?;
        let Some(carrier) = carrier_named(carrier) else {
            return Err(OfficeError::refused(Complaint::new(
                "carrier",
                carrier,
                ("không phải tên nhà mạng", "not the name of a carrier"),
                ("ghi viettel, vinaphone, mobifone …", "write viettel, vinaphone, mobifone …"),
            )));
        };
        if !self.store.catalog.person_carrier(self.clock.now(), person, carrier.as_str()).await? {
            return Err(OfficeError::no("person", person));
        }
        self.person(by, person, Numbers::Masked).await
    }
}

/// How many rows a page really has.
pub(super) fn page(rows_max: usize) -> usize {
    rows_max.clamp(1, PAGE_ROWS_MAX)
}

pub(super) fn may_see(by: &Account, numbers: Numbers) -> Result<()> {
    match numbers {
        Numbers::Masked => require(by, Act::Read),
        Numbers::Full => require(by, Act::ReadNumbers),
    }
}

/// Notes that whole numbers were handed out: to whom and how many, never which.
pub(super) fn seen(by: &Account, numbers: Numbers, count: usize, of: &str) {
    match numbers {
        Numbers::Masked => {}
        Numbers::Full => tracing::info!(account = %by.id, count, of, "telephone numbers shown whole"),
    }
}

/// An address as it may be shown: a telephone number in E.164, anything else (a provider's own id of a person) as it is.
pub(super) fn shown(address: &str, numbers: Numbers) -> String {
    let phone = address.parse().ok().and_then(Phone::from_digits);
    match (numbers, phone) {
        (Numbers::Full, Some(_)) => format!("+{address}"),
        (Numbers::Full, None) => address.to_owned(),
        (Numbers::Masked, phone) => phone.map_or_else(|| "***".to_owned(), Phone::masked),
    }
}

pub(super) fn area_name(areas: &AreaCatalogue, code: &str) -> String {
    areas.get(code).map_or_else(String::new, crate::domain::Area::display_name)
}

fn view(person: Person, numbers: Numbers, areas: &AreaCatalogue) -> PersonView {
    let Person {
        id,
        external_id,
        phone,
        carrier,
        carrier_source,
        area,
        name,
        groups,
        opted_out_at,
        updated_at,
    } = person;
    let external_id = match &phone {
        Some(phone) if *phone == external_id => shown(phone, numbers),
        Some(_) | None => external_id,
    };
    PersonView {
        id,
        external_id,
        phone: phone.map(|phone| shown(&phone, numbers)),
        carrier,
        carrier_source,
        area_name: area_name(areas, &area),
        area,
        name,
        groups,
        opted_out_at,
        updated_at,
    }
}
