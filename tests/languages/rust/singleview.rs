// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g rust -i singleview.yaml -o singleview -p packageName=singleview,packageVersion=0.0.0
use singleview::apis::{configuration::Configuration, token_api, Error};
use singleview::models::{ErrorResponse, TokenRequest};
use std::{env, process};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = env::var("SINGLEVIEW_SANDBOX_BASE_URL")?;
    let configuration = Configuration { base_path: base_url.clone(), ..Configuration::new() };
    let request = TokenRequest::new(
        env::var("SINGLEVIEW_SANDBOX_CLIENT_ID")?,
        env::var("SINGLEVIEW_SANDBOX_CLIENT_CODE")?,
        env::var("SINGLEVIEW_SANDBOX_MERCHANT_ID")?,
        "client_credentials".to_string(),
    );
    let response = match token_api::generate_token(&configuration, request).await {
        Ok(response) => response,
        Err(Error::ResponseError(response)) => {
            let rejection: ErrorResponse = serde_json::from_str(&response.content)?;
            eprintln!("singleview: no token, code {}", rejection.error_code.unwrap_or_default());
            process::exit(1);
        }
        Err(error) => return Err(error.into()),
    };
    let (Some(true), Some(token)) = (response.success, response.payload) else { // a rejection may be a 200
        eprintln!("singleview: no token, code {}", response.error_code.unwrap_or_default());
        process::exit(1);
    };
    let lifetime = token.expires_in.filter(|&seconds| seconds > 0.0).unwrap_or(3600.0);

    // The emulator's echo API stands for the API that you want to use.
    let api_response = configuration.client.get(format!("{base_url}/echo")).bearer_auth(&token.access_token).send().await?;
    println!("singleview: a token for {lifetime} s, the API responded with {}", api_response.status().as_u16());
    Ok(())
}
