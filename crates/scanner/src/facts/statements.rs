//! Statements: what they bind, in which order, and what branches leave behind.

use std::rc::Rc;

use ruff_python_ast::{ExceptHandler, Expr, Pattern, Stmt, StmtIf, StmtMatch, StmtTry, StmtWith};
use ruff_text_size::TextRange;

use super::interp::Interp;
use super::join::join;
use super::origin::Origins;
use super::value::{Shape, Text, Value};

impl<'a> Interp<'a, '_> {
    /// Runs statements in order; true when control cannot reach their end.
    pub(crate) fn suite(&mut self, body: &'a [Stmt]) -> bool {
        let mut exits = false;
        for statement in body {
            exits |= self
                .deeper(|this| this.statement(statement))
                .unwrap_or(false);
        }
        exits
    }

    fn statement(&mut self, statement: &'a Stmt) -> bool {
        match statement {
            Stmt::FunctionDef(def) => self.define(def),
            Stmt::ClassDef(class) => self.define_class(class),
            Stmt::Return(give) => {
                let value = give
                    .value
                    .as_deref()
                    .map_or(Value::of(Shape::Nothing), |value| self.expr(value));
                self.page_returned(&value, give.range);
                self.given_to_log(&value, give.range);
                self.give_back(value);
                return true;
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.delete(target);
                }
            }
            Stmt::TypeAlias(alias) => {
                self.expr(&alias.value);
            }
            Stmt::Assign(assign) => {
                let quotes = u32::from(super::walk::lists_what_is_bad(assign));
                self.quotes += quotes;
                let value = self.expr(&assign.value);
                self.quotes -= quotes;
                for target in &assign.targets {
                    self.assign(target, value.clone(), assign.range);
                }
                self.taken_apart(assign);
                self.tested(assign);
            }
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::AnnAssign(assign) => {
                self.annotation(&assign.annotation);
                if let Some(value) = &assign.value {
                    let value = self.expr(value);
                    self.assign(&assign.target, value, assign.range);
                }
            }
            Stmt::For(each) => {
                let items = self.expr(&each.iter);
                self.for_each(&each.target, &items, &each.body, each.range);
                return self.suite(&each.orelse);
            }
            Stmt::While(while_) => {
                let test = self.expr(&while_.test);
                let forever = matches!(test.shape, Shape::Bool(true) | Shape::Int(1))
                    && !super::walk::breaks(&while_.body);
                self.loops += 1;
                self.endless += u32::from(forever);
                self.optional(|this| this.suite(&while_.body));
                self.endless -= u32::from(forever);
                self.never_ends(while_);
                self.loops -= 1;
                self.suite(&while_.orelse);
                return forever;
            }
            Stmt::If(if_) => return self.branch(if_),
            Stmt::With(with) => return self.with(with),
            Stmt::Match(match_) => self.match_(match_),
            Stmt::Raise(raise) => {
                for part in [&raise.exc, &raise.cause].into_iter().flatten() {
                    self.expr(part);
                }
                if let Some(Expr::Call(call)) = raise.exc.as_deref()
                    && let [Expr::StringLiteral(text)] = &*call.arguments.args
                {
                    self.raised = Some(text.value.to_str());
                }
                return true;
            }
            Stmt::Try(try_) => return self.attempt(try_),
            Stmt::Assert(assert) => {
                self.expr(&assert.test);
                if let Some(message) = &assert.msg {
                    self.expr(message);
                }
                self.asserted(assert);
                self.guard(&assert.test);
            }
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Global(global) => self.send_elsewhere(&global.names, true),
            Stmt::Nonlocal(nonlocal) => self.send_elsewhere(&nonlocal.names, false),
            Stmt::Expr(expr) => {
                // A text that stands alone is a comment, not data.
                if !expr.value.is_string_literal_expr() {
                    self.expr(&expr.value);
                }
                return super::walk::leaves(&expr.value);
            }
            Stmt::Break(_) | Stmt::Continue(_) => return true,
            Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        false
    }

    fn give_back(&mut self, value: Value<'a>) {
        self.returned = Some(match self.returned.take() {
            Some(before) => join(before, value),
            None => value,
        });
    }

    fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.bind(&name.id, Value::UNKNOWN),
            Expr::Tuple(tuple) => {
                self.deeper(|this| tuple.elts.iter().for_each(|target| this.delete(target)));
            }
            _ => {
                self.expr(target);
            }
        }
    }

    fn augmented(&mut self, assign: &'a ruff_python_ast::StmtAugAssign) {
        let right = self.expr(&assign.value);
        let left = self.expr_quietly(&assign.target);
        let counts = self.loops > 0 && matches!(left.shape, Shape::Int(_));
        if let Some(list) = left.as_name() {
            self.grown(list, &right, assign.range);
        }
        // The variable lets go of its value, so that a growing text is not copied each time.
        let grows = self.repeats > 0 && !counts;
        let mut value = if counts {
            left.derived().with(&right)
        } else {
            self.binary(assign.op, left, right)
        };
        if grows {
            value = value.from(Origins::AMPLIFIED);
        }
        self.assign(&assign.target, value, assign.range);
    }

    /// Runs something that may or may not happen.
    pub(crate) fn optional(&mut self, step: impl FnOnce(&mut Self) -> bool) {
        let mark = self.begin_branch();
        let exits = step(self);
        let changes = self.end_branch(mark);
        self.merge(vec![(changes, exits), (Vec::new(), false)]);
    }

    fn branch(&mut self, if_: &'a StmtIf) -> bool {
        let mut arms = Vec::new();
        let mut decided = false;
        let mut has_else = false;
        let clauses = std::iter::once((Some(&*if_.test), &if_.body[..])).chain(
            if_.elif_else_clauses
                .iter()
                .map(|clause| (clause.test.as_ref(), &clause.body[..])),
        );
        let mut guards = Vec::new();
        for (test, body) in clauses {
            let truth = test.map(|test| {
                let value = self.expr(test);
                if self.is_fixed(test) {
                    value.truth()
                } else {
                    None
                }
            });
            let mark = self.begin_branch();
            let exits = self.guarded(test, |this| this.suite(body));
            let changes = self.end_branch(mark);
            // What a dead branch does is reported, and leaves nothing behind.
            if !decided && truth != Some(Some(false)) {
                arms.push((changes, exits));
            }
            decided |= truth == Some(Some(true));
            has_else |= truth.is_none();
            if let Some(test) = test
                && exits
            {
                guards.push(test);
            }
        }
        if !has_else && !decided {
            let mark = self.begin_branch();
            self.refused(if_);
            arms.push((self.end_branch(mark), false));
        }
        let exits = arms.iter().all(|(_, exits)| *exits);
        self.merge(arms);
        for test in guards {
            self.guard(test);
        }
        exits
    }

    /// Runs the body behind a condition, which may say when it runs, or that it picks secrets by their names.
    fn guarded<T>(&mut self, test: Option<&'a Expr>, body: impl FnOnce(&mut Self) -> T) -> T {
        let called = self.called;
        self.called |= test.is_some_and(super::walk::is_main_guard);
        let sensitive = self.encodes && test.is_some_and(super::walk::asks_for_secrets);
        self.sensitive += u32::from(sensitive);
        if let Some(test) = test {
            self.passed(test);
        }
        let result = body(self);
        self.sensitive -= u32::from(sensitive);
        self.called = called;
        result
    }

    /// Whether a condition cannot change from one run to the next.
    fn is_fixed(&self, test: &Expr) -> bool {
        self.loops == 0
            && self.calls.is_empty()
                | super::walk::names_are(test, &|name| self.scope.names.borrow().contains_key(name))
    }

    fn with(&mut self, with: &'a StmtWith) -> bool {
        for item in &with.items {
            let value = self.expr(&item.context_expr);
            let value = self.entered(value);
            if let Some(target) = &item.optional_vars {
                self.assign(target, value, item.range);
            }
        }
        self.suite(&with.body)
    }

    fn match_(&mut self, match_: &'a StmtMatch) {
        let subject = self.expr(&match_.subject);
        let chosen = match self.loops {
            0 => super::walk::chosen_case(match_, &subject),
            _ => None,
        };
        let mut arms = match chosen {
            Some(_) => Vec::new(),
            None => vec![(Vec::new(), false)],
        };
        for (at, case) in match_.cases.iter().enumerate() {
            let mark = self.begin_branch();
            self.pattern(&case.pattern, &subject);
            if let Some(guard) = &case.guard {
                self.expr(guard);
            }
            let exits = self.suite(&case.body);
            let changes = self.end_branch(mark);
            // What a dead arm does is reported, and leaves nothing behind.
            if chosen.is_none_or(|chosen| chosen == at) {
                arms.push((changes, exits));
            }
        }
        self.merge(arms);
    }

    fn pattern(&mut self, pattern: &'a Pattern, subject: &Value<'a>) {
        self.deeper(|this| match pattern {
            Pattern::MatchValue(value) => {
                this.expr(&value.value);
            }
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(sequence) => {
                for (at, pattern) in sequence.patterns.iter().enumerate() {
                    let item = this.item_at(subject, at);
                    this.pattern(pattern, &item);
                }
            }
            Pattern::MatchMapping(mapping) => {
                for (key, pattern) in mapping.keys.iter().zip(&mapping.patterns) {
                    let key = this.expr(key);
                    let item = this.item(subject, &key);
                    this.pattern(pattern, &item);
                }
                if let Some(rest) = &mapping.rest {
                    this.bind(&rest.id, subject.derived());
                }
            }
            Pattern::MatchClass(class) => {
                let known = this.expr(&class.cls);
                // `case str(line)` binds the subject itself.
                let itself = known.as_name().is_some_and(|name| {
                    let path = this.index.names.path(name);
                    ["str", "bytes", "list", "tuple", "dict", "int"].contains(&path.as_str())
                });
                for pattern in &class.arguments.patterns {
                    let part = if itself {
                        subject.clone()
                    } else {
                        subject.derived()
                    };
                    this.pattern(pattern, &part);
                }
                for keyword in &class.arguments.keywords {
                    let part = this.attribute(subject, &keyword.attr.id, keyword.range);
                    this.pattern(&keyword.pattern, &part);
                }
            }
            Pattern::MatchStar(star) => {
                if let Some(name) = &star.name {
                    this.bind(&name.id, subject.derived());
                }
            }
            Pattern::MatchAs(as_) => {
                if let Some(pattern) = &as_.pattern {
                    this.pattern(pattern, subject);
                }
                if let Some(name) = &as_.name {
                    this.bind(&name.id, subject.clone());
                }
            }
            Pattern::MatchOr(or) => {
                for pattern in &or.patterns {
                    this.pattern(pattern, subject);
                }
            }
        });
    }

    fn attempt(&mut self, try_: &'a StmtTry) -> bool {
        self.raised = None;
        let body_exits = self.suite(&try_.body);
        let raised = self.raised.take();
        let mut arms = vec![(Vec::new(), body_exits)];
        for handler in &try_.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let mark = self.begin_branch();
            if let Some(kind) = &handler.type_ {
                self.expr(kind);
            }
            if let Some(name) = &handler.name {
                let mut error = Value::tainted(Origins::ERROR);
                if let Some(text) = raised {
                    let text = Value::of(Shape::Str(Text::Borrowed(text)));
                    error.shape = Shape::List(Rc::new(vec![text]));
                }
                self.bind(&name.id, error);
            }
            let exits = self.suite(&handler.body);
            arms.push((self.end_branch(mark), exits));
        }
        let exits = arms.iter().all(|(_, exits)| *exits);
        // When the body leaves, what it bound still reaches a `finally` and the handlers.
        if let Some(first) = arms.first_mut() {
            first.1 = false;
        }
        self.merge(arms);
        let else_exits = self.suite(&try_.orelse);
        let finally_exits = self.suite(&try_.finalbody);
        exits || (else_exits && try_.handlers.is_empty()) || finally_exits
    }

    fn send_elsewhere(&mut self, names: &'a [ruff_python_ast::Identifier], global: bool) {
        let mut elsewhere = self.scope.elsewhere.borrow_mut();
        elsewhere.extend(names.iter().map(|name| (name.id.as_str(), global)));
    }

    pub(crate) fn for_each(
        &mut self,
        target: &'a Expr,
        items: &Value<'a>,
        body: &'a [Stmt],
        range: TextRange,
    ) {
        let item = self.element(items);
        let repeats = u32::from(super::displays::repeats(target, items));
        self.loops += 1;
        self.repeats += repeats;
        self.optional(|this| {
            this.assign(target, item, range);
            this.suite(body)
        });
        self.repeats -= repeats;
        self.loops -= 1;
    }
}
