//! The modules of one crate, read from its root along `mod` items.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::{Item, ItemMod, UseTree};

use crate::imports::{Imports, imports};
use crate::source::SourceFile;

/// Reads a file by its path from the root of the workspace; `None` if there is no such file.
pub type Read<'a> = dyn Fn(&Path) -> Option<String> + 'a;

/// The production modules of a crate.
#[derive(Default)]
pub struct CrateTree {
    /// The files of production code, the root first.
    pub files: Vec<SourceFile>,
    /// The modules, the root first. A file has one module, and one more for each inline module.
    pub modules: Vec<Module>,
    /// The imports between the files.
    pub imports: Imports,
}

/// Where files come from, and the items of those that were read.
struct Sources<'a> {
    read: &'a Read<'a>,
    syntax: &'a mut Vec<syn::File>,
}

/// A module, in a file of its own or inline.
pub struct Module {
    /// The index of the file in [`CrateTree::files`].
    pub file: usize,
    /// The index of the module that declares this one.
    pub parent: Option<usize>,
    /// The modules that this one declares.
    pub children: BTreeMap<String, usize>,
    /// The names that this module defines.
    pub items: BTreeSet<String>,
    /// The names that this module imports or re-exports, with the path of each.
    pub uses: BTreeMap<String, Vec<String>>,
    /// The paths that this module imports everything from.
    pub globs: Vec<Vec<String>>,
}

impl CrateTree {
    /// Reads a crate from its root file, such as `crates/domain/src/lib.rs`.
    ///
    /// # Panics
    /// If a file of a module is missing or is not Rust.
    pub fn read(root: &str, read: &Read<'_>) -> Self {
        let mut tree = Self::default();
        let folder = Path::new(root).parent().unwrap_or(Path::new("")).to_owned();
        let mut syntax = Vec::new();
        tree.add_file(Path::new(root), &folder, &[], None, &mut Sources { read, syntax: &mut syntax });
        tree.imports = imports(&tree, &syntax);
        tree
    }

    fn add_file(
        &mut self,
        path: &Path,
        folder: &Path,
        module: &[String],
        parent: Option<usize>,
        sources: &mut Sources<'_>,
    ) -> usize {
        let text = (sources.read)(path).unwrap_or_else(|| panic!("{} is missing", path.display()));
        let (file, syntax) = SourceFile::parse(&path.to_string_lossy(), module, &text);
        let items = syntax.items.clone();
        self.files.push(file);
        sources.syntax.push(syntax);
        self.add_module(self.files.len() - 1, folder, module, parent, &items, sources)
    }

    fn add_module(
        &mut self,
        file: usize,
        folder: &Path,
        path: &[String],
        parent: Option<usize>,
        items: &[Item],
        sources: &mut Sources<'_>,
    ) -> usize {
        let index = self.modules.len();
        self.modules.push(Module::of(file, parent, items));
        for item in items {
            let Item::Mod(module) = item else { continue };
            let child = self.add_child(index, folder, path, module, sources);
            self.modules[index].children.insert(module.ident.to_string(), child);
        }
        index
    }

    fn add_child(
        &mut self,
        parent: usize,
        folder: &Path,
        path: &[String],
        module: &ItemMod,
        sources: &mut Sources<'_>,
    ) -> usize {
        let name = module.ident.to_string();
        let path = [path, std::slice::from_ref(&name)].concat();
        let inner = folder.join(&name);
        if let Some((_, items)) = &module.content {
            return self.add_module(self.modules[parent].file, &inner, &path, Some(parent), items, sources);
        }
        let (flat, nested) = (folder.join(format!("{name}.rs")), inner.join("mod.rs"));
        let file: PathBuf = if (sources.read)(&nested).is_some() { nested } else { flat };
        self.add_file(&file, &inner, &path, Some(parent), sources)
    }
}

impl Module {
    fn of(file: usize, parent: Option<usize>, items: &[Item]) -> Self {
        let mut module = Self {
            file,
            parent,
            children: BTreeMap::new(),
            items: items.iter().filter_map(name_of).collect(),
            uses: BTreeMap::new(),
            globs: Vec::new(),
        };
        for item in items {
            if let Item::Use(item) = item
                && item.leading_colon.is_none()
            {
                for import in flatten(&item.tree) {
                    module.add_import(import);
                }
            }
        }
        module
    }

    fn add_import(&mut self, import: Import) {
        match import.name {
            Some(name) => drop(self.uses.insert(name, import.path)),
            None => self.globs.push(import.path),
        }
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// One name of a `use` item.
pub(crate) struct Import {
    /// The imported path.
    pub path: Vec<String>,
    /// The name that it has here; `None` for a glob.
    pub name: Option<String>,
}

/// Returns the names of a `use` item one by one.
pub(crate) fn flatten(tree: &UseTree) -> Vec<Import> {
    let mut imports = Vec::new();
    collect(tree, &[], &mut imports);
    imports
}

fn collect(tree: &UseTree, prefix: &[String], imports: &mut Vec<Import>) {
    let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => collect(&path.tree, &with(&path.ident), imports),
        UseTree::Name(name) if name.ident == "self" => {
            imports.push(Import { path: prefix.to_vec(), name: prefix.last().cloned() });
        }
        UseTree::Name(name) => {
            imports.push(Import { path: with(&name.ident), name: Some(name.ident.to_string()) });
        }
        UseTree::Rename(rename) => {
            let path = if rename.ident == "self" { prefix.to_vec() } else { with(&rename.ident) };
            imports.push(Import { path, name: Some(rename.rename.to_string()) });
        }
        UseTree::Glob(_) => imports.push(Import { path: prefix.to_vec(), name: None }),
        UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, prefix, imports)),
    }
}
