//! Provinces and communes with their official codes. Codes are reused when units change, so a code means something
//! only together with the vintage of its catalogue; names are not unique either, not even inside every province.

use std::collections::HashMap;

use serde::Deserialize;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::sms::strip_accents;
use super::words::words;

/// The rank of a unit in the two-tier order in force since 2025-07-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaKind {
    Province,
    City,
    Ward,
    Commune,
    SpecialZone,
}

words!(AreaKind, "type", {
    Province => "tinh",
    City => "thanh-pho",
    Ward => "phuong",
    Commune => "xa",
    SpecialZone => "dac-khu",
});

impl AreaKind {
    /// The word that stands before the name.
    pub const fn word_vi(self) -> &'static str {
        match self {
            Self::Province => "Tỉnh",
            Self::City => "Thành phố",
            Self::Ward => "Phường",
            Self::Commune => "Xã",
            Self::SpecialZone => "Đặc khu",
        }
    }

    /// First tier: it has communes under it.
    pub const fn is_province(self) -> bool {
        match self {
            Self::Province | Self::City => true,
            Self::Ward | Self::Commune | Self::SpecialZone => false,
        }
    }

    /// How people write it before a name, without accents and in lower case.
    const fn folded_words(self) -> &'static [&'static str] {
        match self {
            Self::Province => &["tinh "],
            Self::City => &["thanh pho ", "tp. ", "tp "],
            Self::Ward => &["phuong ", "p. ", "p."],
            Self::Commune => &["xa ", "x. ", "x."],
            Self::SpecialZone => &["dac khu "],
        }
    }
}

/// A province or a commune.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Two digits for a province, five for a commune; leading zeros count.
    pub code: String,
    /// Without the word for its kind.
    pub name: String,
    pub kind: AreaKind,
    /// The province of a commune.
    pub parent: Option<String>,
    /// Inhabitants in 2025, where known (Lạng Sơn).
    pub population: Option<u32>,
}

impl Area {
    /// As it is written in a letter: `Phường Đông Kinh`.
    pub fn display_name(&self) -> String {
        format!("{} {}", self.kind.word_vi(), self.name)
    }
}

/// A table that cannot be read as a catalogue.
#[derive(Debug, Error)]
pub enum CatalogueError {
    #[error("area catalogue: the table cannot be read; check the columns code, name, type, parent_code")]
    Table(#[from] csv::Error),
    #[error("area catalogue: code `{code}` occurs twice; keep one line of it")]
    CodeTwice { code: String },
    #[error(
        "area catalogue: {code} names parent `{parent}`, which is no province in the table; add it or correct it"
    )]
    ParentUnknown { code: String, parent: String },
}

/// All provinces and communes of one vintage.
#[derive(Debug, Clone, Default)]
pub struct AreaCatalogue {
    areas: Vec<Area>,
    by_code: HashMap<String, usize>,
    communes: HashMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name: String,
    #[serde(rename = "type")]
    kind: AreaKind,
    parent_code: Option<String>,
    population_2025: Option<u32>,
}

impl AreaCatalogue {
    /// The whole country as on 2026-10-10, codes of decision 19/2025/QĐ-TTg; populations of Lạng Sơn.
    /// The tables are part of the program, and a test reads every line of them; still no empty catalogue is made up.
    pub fn embedded() -> Result<Self, CatalogueError> {
        let mut catalogue = Self::from_csv(include_str!("data/areas-2025.csv"))?;
        for row in Self::rows(include_str!("data/lang-son-2025.csv"))? {
            let known = catalogue.by_code.get(&row.code).and_then(|at| catalogue.areas.get_mut(*at));
            if let Some(area) = known {
                area.population = row.population_2025;
            }
        }
        Ok(catalogue)
    }

    /// A catalogue from a table with the columns of the embedded one.
    pub fn from_csv(table: &str) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        for row in Self::rows(table)? {
            let at = catalogue.areas.len();
            if catalogue.by_code.insert(row.code.clone(), at).is_some() {
                return Err(CatalogueError::CodeTwice { code: row.code });
            }
            if let Some(parent) = &row.parent_code {
                catalogue.communes.entry(parent.clone()).or_default().push(at);
            }
            let Row { code, name, kind, parent_code: parent, population_2025: population } = row;
            catalogue.areas.push(Area { code, name, kind, parent, population });
        }
        for area in &catalogue.areas {
            if let Some(parent) = &area.parent
                && !catalogue.get(parent).is_some_and(|parent| parent.kind.is_province())
            {
                let (code, parent) = (area.code.clone(), parent.clone());
                return Err(CatalogueError::ParentUnknown { code, parent });
            }
        }
        Ok(catalogue)
    }

    /// The vintage that has to be stored beside every code.
    pub const fn vintage(&self) -> &'static str {
        "2025"
    }

    /// The unit with this code.
    pub fn get(&self, code: &str) -> Option<&Area> {
        self.by_code.get(code).and_then(|at| self.areas.get(*at))
    }

    /// In the order of their codes.
    pub fn provinces(&self) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(|area| area.kind.is_province())
    }

    /// The communes of a province in the order of the table; none for a commune or an unknown code.
    pub fn communes(&self, province: &str) -> impl Iterator<Item = &Area> {
        let places = self.communes.get(province).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|at| self.areas.get(*at))
    }

    /// Communes of `province` with this name, with or without the word for their kind. A name written with its
    /// accents is taken at its word; otherwise accents, tone placement and case do not matter. More than one: the
    /// name alone does not tell, ask.
    pub fn find(&self, province: &str, name: &str) -> Vec<&Area> {
        let name: String = name.nfc().collect::<String>().trim().to_lowercase();
        let exact: Vec<&Area> = self
            .communes(province)
            .filter(|area| area.name.to_lowercase() == name || area.display_name().to_lowercase() == name)
            .collect();
        if !exact.is_empty() {
            return exact;
        }
        let folded = fold(&name);
        self.communes(province).filter(|area| is_called(area, &folded)).collect()
    }

    fn rows(table: &str) -> Result<Vec<Row>, csv::Error> {
        csv::Reader::from_reader(table.as_bytes()).deserialize().collect()
    }
}

/// The bare name, or the name behind a word for the kind of this very unit.
fn is_called(area: &Area, folded: &str) -> bool {
    let name = fold(&area.name);
    folded == name
        || area.kind.folded_words().iter().any(|word| folded.strip_prefix(word).map(str::trim) == Some(&name))
}

/// A name for comparison: no accents, lower case, single spaces.
fn fold(name: &str) -> String {
    strip_accents(name).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_is_read_whole() {
        let catalogue = AreaCatalogue::embedded().unwrap();
        assert_eq!((catalogue.areas.len(), catalogue.provinces().count()), (3355, 34));
        let lang_son: Vec<&Area> = catalogue.communes("20").collect();
        assert_eq!(lang_son.len(), 65);
        assert_eq!(lang_son.iter().filter_map(|area| area.population).sum::<u32>(), 881_384);
        assert_eq!(catalogue.get("05977").map(Area::display_name).as_deref(), Some("Phường Đông Kinh"));
        assert_eq!(catalogue.get("5977"), None);
        assert_eq!(catalogue.vintage(), "2025");
    }

    #[test]
    fn names_are_found_as_people_write_them() {
        let catalogue = AreaCatalogue::embedded().unwrap();
        for written in ["Đông Kinh", "phường Đông Kinh", "P. Dong Kinh", "dong  kinh", "ĐÔNG KINH"] {
            let found: Vec<&str> =
                catalogue.find("20", written).iter().map(|area| area.code.as_str()).collect();
            assert_eq!(found, ["05977"], "{written}");
        }
        assert_eq!(catalogue.find("20", "Xã Đông Kinh"), Vec::<&Area>::new());
        assert_eq!(catalogue.find("01", "Đông Kinh"), Vec::<&Area>::new());
        // A commune whose name begins like the word for its kind.
        assert_eq!(catalogue.find("11", "Xa Dung").len(), 1);
    }

    #[test]
    fn accents_decide_between_names_that_are_alike_without_them() {
        let table = "code,name,type,parent_code\n20,Lạng Sơn,tinh,\n1,Tân An,xa,20\n2,Tấn An,xa,20\n";
        let catalogue = AreaCatalogue::from_csv(table).unwrap();
        let found =
            |name| catalogue.find("20", name).iter().map(|area| area.code.as_str()).collect::<String>();
        assert_eq!((found("xã tấn an").as_str(), found("Tan An").as_str()), ("2", "12"));
    }

    #[test]
    fn a_broken_table_is_refused_with_the_code() {
        let head = "code,name,type,parent_code\n20,Lạng Sơn,tinh,\n";
        let error = |rows: &str| AreaCatalogue::from_csv(&format!("{head}{rows}")).unwrap_err().to_string();
        assert!(error("20,Khác,tinh,\n").contains("code `20` occurs twice"));
        assert!(error("05977,Đông Kinh,phuong,21\n").contains("05977 names parent `21`"));
        assert!(error("05977,Đông Kinh,huyen,20\n").contains("cannot be read"));
    }
}
